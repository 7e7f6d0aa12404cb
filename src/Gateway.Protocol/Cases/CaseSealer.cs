using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Protocol.Cases;

/// <summary>A message signed and sealed.</summary>
/// <param name="Sealed">What travels: 4,096, 16,384, 65,536 or 262,144 bytes.</param>
/// <param name="Statement">LP4(content) ‖ signature: what the recipient finds inside, and can show to others.</param>
public sealed record SealedCaseMessage(byte[] Sealed, byte[] Statement);

/// <summary>Signs and seals messages of cases, and opens them (docs/protocol.md, Cases). What it opens it has verified.</summary>
public static class CaseSealer
{
    /// <summary>Signs a message and seals it to one recipient.</summary>
    /// <param name="message">The message.</param>
    /// <param name="signer">The member key in a question or a referral, the record key in an answer.</param>
    /// <param name="recipient">The record's reply_pk, the thread's return key, or the member's box key.</param>
    /// <param name="genesisHash">Of the network, 32 bytes: a message of one network is none of another.</param>
    /// <exception cref="ArgumentException">The body holds what it must not, or is too long.</exception>
    public static SealedCaseMessage Seal(CaseMessage message, SigningKey signer, BoxPublicKey recipient, ReadOnlySpan<byte> genesisHash)
    {
        byte[] content = message.ToContent();
        if (!CaseMessage.TryParse(content, out _, out string? fault)) throw new ArgumentException(fault, nameof(message));
        byte[] signature = signer.Sign(CaseFormat.SignedMessage(message.Kind, genesisHash, recipient, content));
        byte[] statement = new CanonicalWriter().Prefixed(content).Bytes(signature).ToArray();
        byte[] padded = new byte[PaddedSize(statement.Length)];
        statement.CopyTo(padded, 0);
        byte[] sealedBytes = recipient.Seal(padded);
        CryptographicOperations.ZeroMemory(padded);
        return new SealedCaseMessage(sealedBytes, statement);
    }

    /// <summary>Opens a message and verifies it.</summary>
    /// <param name="sealedBytes">What came.</param>
    /// <param name="recipient">The key it should be sealed to.</param>
    /// <param name="genesisHash">Of the network, 32 bytes.</param>
    /// <param name="signerOf">The key that must have signed such a message; null for one that nobody here may have written.</param>
    /// <param name="message">The message.</param>
    /// <param name="statement">LP4(content) ‖ signature.</param>
    /// <param name="fault">What does not hold, one sentence.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> sealedBytes, BoxKey recipient, ReadOnlySpan<byte> genesisHash, Func<CaseMessage, VerifyingKey?> signerOf,
        [NotNullWhen(true)] out CaseMessage? message, [NotNullWhen(true)] out byte[]? statement, [NotNullWhen(false)] out string? fault)
    {
        message = null;
        statement = null;
        if (!CaseFormat.IsSealedSize(sealedBytes.Length))
        {
            fault = "The sealed message has none of the sizes there are.";
            return false;
        }

        if (!recipient.TryOpen(sealedBytes, out byte[] padded))
        {
            fault = "The message is not sealed to this key, or was altered.";
            return false;
        }

        int length = LengthOf(padded);
        if (length < 0 || PaddedSize(length) != padded.Length || padded.AsSpan(length).ContainsAnyExcept((byte)0))
        {
            fault = "The padding is not what it should be.";
            return false;
        }

        statement = padded[..length];
        CryptographicOperations.ZeroMemory(padded);
        return TryVerify(statement, recipient.PublicKey, genesisHash, signerOf, out message, out fault);
    }

    /// <summary>Reads a signed message and verifies it: one that was opened before, or that somebody hands on.</summary>
    /// <param name="statement">LP4(content) ‖ signature.</param>
    /// <param name="recipient">The key it was sealed to: the signature covers it.</param>
    /// <param name="genesisHash">Of the network, 32 bytes.</param>
    /// <param name="signerOf">The key that must have signed such a message; null for one that nobody here may have written.</param>
    /// <param name="message">The message.</param>
    /// <param name="fault">What does not hold, one sentence.</param>
    public static bool TryVerify(
        ReadOnlySpan<byte> statement, BoxPublicKey recipient, ReadOnlySpan<byte> genesisHash, Func<CaseMessage, VerifyingKey?> signerOf,
        [NotNullWhen(true)] out CaseMessage? message, [NotNullWhen(false)] out string? fault)
    {
        if (!TryRead(statement, out message, out fault)) return false;
        ReadOnlySpan<byte> content = statement[4..^SigningKey.SignatureSize];
        if (signerOf(message) is not { } key)
        {
            fault = "Nobody who could have signed it is known.";
            message = null;
            return false;
        }

        if (key.Verify(CaseFormat.SignedMessage(message.Kind, genesisHash, recipient, content), statement[^SigningKey.SignatureSize..])) return true;
        fault = "The signature does not hold.";
        message = null;
        return false;
    }

    /// <summary>Reads a signed message that was verified before it was kept.</summary>
    public static bool TryRead(ReadOnlySpan<byte> statement, [NotNullWhen(true)] out CaseMessage? message, [NotNullWhen(false)] out string? fault)
    {
        message = null;
        fault = "The signed message has another length than it states.";
        return LengthOf(statement) == statement.Length && CaseMessage.TryParse(statement[4..^SigningKey.SignatureSize], out message, out fault);
    }

    // LP4(content) ‖ signature; −1 where that cannot be.
    private static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4 + SigningKey.SignatureSize) return -1;
        long length = 4L + BinaryPrimitives.ReadUInt32BigEndian(bytes) + SigningKey.SignatureSize;
        return length <= bytes.Length ? (int)length : -1;
    }

    private static int PaddedSize(int length)
    {
        foreach (int size in CaseFormat.SealedSizes)
        {
            if (length <= size - BoxPublicKey.SealOverhead) return size - BoxPublicKey.SealOverhead;
        }

        throw new ArgumentException($"A message of {length:N0} bytes does not fit into {CaseFormat.SealedSizes[^1]:N0}.", nameof(length));
    }
}
