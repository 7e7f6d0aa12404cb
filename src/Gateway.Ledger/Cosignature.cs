using System.Buffers.Binary;
using System.Globalization;

namespace Gateway.Ledger;

/// <summary>
/// The bytes of a C2SP cosignature/v1: what a cosigner's Ed25519 key (note key type <see cref="NoteKey.CosignatureV1"/>) signs, and what stands in
/// the signature line after the key id: u64 time ‖ signature[64]. An <see cref="INoteSigner"/> or <see cref="INoteVerifier"/> of that type uses these.
/// </summary>
public static class Cosignature
{
    /// <summary>Time and signature, in bytes.</summary>
    public const int Size = 8 + Ed25519Size;

    private const int Ed25519Size = 64;

    /// <summary>The message to sign: "cosignature/v1", the time, then the checkpoint's text.</summary>
    /// <param name="unixTime">Seconds since 1970-01-01 UTC; not negative.</param>
    /// <param name="checkpointText">The whole UTF-8 text of the checkpoint's note.</param>
    public static byte[] Message(long unixTime, ReadOnlySpan<byte> checkpointText)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unixTime);
        return [.. NoteText.StrictUtf8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {unixTime}\n")), .. checkpointText];
    }

    /// <summary>Puts time and Ed25519 signature (64 bytes) together.</summary>
    /// <exception cref="ArgumentException">The signature has not 64 bytes.</exception>
    public static byte[] Join(long unixTime, ReadOnlySpan<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unixTime);
        if (signature.Length != Ed25519Size)
        {
            throw new ArgumentException($"An Ed25519 signature has {Ed25519Size} bytes, not {signature.Length}.", nameof(signature));
        }

        byte[] joined = new byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(joined, unixTime);
        signature.CopyTo(joined.AsSpan(8));
        return joined;
    }

    /// <summary>Takes them apart; false unless there are 72 bytes and the time is below 2^63.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> cosignature, out long unixTime, out ReadOnlySpan<byte> signature)
    {
        unixTime = 0;
        signature = default;
        if (cosignature.Length != Size || BinaryPrimitives.ReadInt64BigEndian(cosignature) is not (>= 0 and long time))
        {
            return false;
        }

        unixTime = time;
        signature = cosignature[8..];
        return true;
    }
}
