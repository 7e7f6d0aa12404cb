using System.Security.Cryptography;
using System.Text;

namespace Gateway.Cryptography;

/// <summary>HKDF-SHA256 (RFC 5869) with ASCII labels as info, without terminator.</summary>
public static class Hkdf
{
    /// <summary>The most bytes one derivation yields (255 blocks).</summary>
    public const int MaximumOutput = 255 * 32;

    private const int LongestStackLabel = 128;

    /// <summary>Extracts and expands: <paramref name="length"/> bytes that only who knows the secret can derive for this label and salt.</summary>
    /// <exception cref="ArgumentException">The label is not ASCII, or the length is not within 1..<see cref="MaximumOutput"/>.</exception>
    public static byte[] DeriveKey(ReadOnlySpan<byte> secret, string info, int length = 32, ReadOnlySpan<byte> salt = default)
    {
        byte[] output = NewOutput(length);
        DeriveKey(secret, info, output, salt);
        return output;
    }

    /// <summary>Extracts and expands into the whole of <paramref name="output"/>.</summary>
    /// <exception cref="ArgumentException">The label is not ASCII, or the output is empty or longer than <see cref="MaximumOutput"/>.</exception>
    public static void DeriveKey(ReadOnlySpan<byte> secret, string info, Span<byte> output, ReadOnlySpan<byte> salt = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        Span<byte> label = info.Length <= LongestStackLabel ? stackalloc byte[info.Length] : new byte[info.Length];
        WriteLabel(info, label);
        DeriveKey(secret, label, output, salt);
    }

    /// <summary>Expands a key that is already uniform (at least 32 bytes; not a password, not a Diffie-Hellman share) to <paramref name="length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The key is shorter than 32 bytes, the label is not ASCII, or the length is not within 1..<see cref="MaximumOutput"/>.</exception>
    public static byte[] Expand(ReadOnlySpan<byte> pseudorandomKey, string info, int length)
    {
        byte[] output = NewOutput(length);
        Expand(pseudorandomKey, info, output);
        return output;
    }

    /// <summary>Expands a key that is already uniform into the whole of <paramref name="output"/>.</summary>
    /// <exception cref="ArgumentException">The key is shorter than 32 bytes, the label is not ASCII, or the output is empty or longer than <see cref="MaximumOutput"/>.</exception>
    public static void Expand(ReadOnlySpan<byte> pseudorandomKey, string info, Span<byte> output)
    {
        ArgumentNullException.ThrowIfNull(info);
        Span<byte> label = info.Length <= LongestStackLabel ? stackalloc byte[info.Length] : new byte[info.Length];
        WriteLabel(info, label);
        HKDF.Expand(HashAlgorithmName.SHA256, pseudorandomKey, output, label);
    }

    internal static void DeriveKey(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> info, Span<byte> output, ReadOnlySpan<byte> salt) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, output, salt, info);

    private static byte[] NewOutput(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumOutput);
        return new byte[length];
    }

    private static void WriteLabel(string info, Span<byte> label)
    {
        if (!Ascii.IsValid(info))
        {
            throw new ArgumentException($"The label \"{info}\" is not ASCII.", nameof(info));
        }

        Encoding.ASCII.GetBytes(info, label);
    }
}
