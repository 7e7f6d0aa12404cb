using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Protocol.Cases;

/// <summary>What a message of a case is: it decides which key signs it. The numbers stand in the message.</summary>
public enum CaseMessageKind
{
    /// <summary>To the unnamed contributor of a record, signed by the member that asks.</summary>
    Question = 1,

    /// <summary>To who asked, signed by the record key.</summary>
    Answer = 2,

    /// <summary>Between two named members, signed by their member keys.</summary>
    Referral = 3,
}

/// <summary>Sizes and hashes of case messages and attachments (docs/protocol.md, Cases).</summary>
public static class CaseFormat
{
    /// <summary>Version of the format: the first byte of a content.</summary>
    public const byte Version = 1;

    /// <summary>Bytes of a content before its body.</summary>
    public const int HeadSize = 1 + 1 + RecordId.Size + ThreadId.Size + 4 + 8 + MemberId.Size + BoxPublicKey.Size;

    /// <summary>Longest body in bytes.</summary>
    public const int MaximumBody = 192 * 1_024;

    /// <summary>Longest text in bytes of UTF-8.</summary>
    public const int MaximumText = 32 * 1_024;

    /// <summary>Most identifiers in a message.</summary>
    public const int MaximumIdentifiers = 32;

    /// <summary>Most attachments in a message.</summary>
    public const int MaximumAttachments = 8;

    /// <summary>Most messages that one referral hands on.</summary>
    public const int MaximumReferred = 64;

    /// <summary>Longest name of an attachment in bytes of UTF-8.</summary>
    public const int MaximumName = 255;

    /// <summary>Largest attachment in bytes.</summary>
    public const int MaximumAttachment = 8 * 1_024 * 1_024;

    /// <summary>The sizes in bytes that sealed messages and chunks have, and no other.</summary>
    public static ReadOnlySpan<int> SealedSizes => [4_096, 16_384, 65_536, 262_144];

    /// <summary>Content of a chunk in bytes: every one of an attachment but the last has so many.</summary>
    public static int ChunkContent => SealedSizes[^1] - XChaCha20Poly1305.TagSize;

    /// <summary>What names a sealed message or a chunk: SHA-256 of its bytes, 32 bytes.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> sealedBytes) => SHA256.HashData(sealedBytes);

    /// <summary>Whether so many bytes may be a sealed message or a chunk.</summary>
    public static bool IsSealedSize(int length) => SealedSizes.Contains(length);

    /// <summary>What the sender's key signs: label 00 ‖ genesis hash ‖ recipient_pk ‖ LP4(content).</summary>
    internal static byte[] SignedMessage(CaseMessageKind kind, ReadOnlySpan<byte> genesisHash, BoxPublicKey recipient, ReadOnlySpan<byte> content) =>
        new CanonicalWriter().Label(LabelOf(kind)).Bytes(genesisHash).Bytes(recipient.ToArray()).Prefixed(content).ToArray();

    private static string LabelOf(CaseMessageKind kind) => kind switch
    {
        CaseMessageKind.Question => "gateway/v1/case",
        CaseMessageKind.Answer => "gateway/v1/answer",
        CaseMessageKind.Referral => "gateway/v1/referral",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of case message."),
    };
}
