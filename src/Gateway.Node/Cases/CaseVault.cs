using Gateway.Node.Watch;
using Gateway.Protocol.Cases;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>Seals what the node keeps of cases, and opens it: a stolen disk shows no text and no other end.</summary>
public sealed class CaseVault(WatchSeal seal)
{
    private const string Case = "case", Message = "case-message";

    /// <summary>Seals what is known of a case, for its row.</summary>
    public byte[] Seal(Protocol.ThreadId thread, V1.RememberedCase content) => seal.Seal(Case, thread.ToArray(), content.ToByteArray());

    /// <summary>Opens what is known of a case.</summary>
    /// <exception cref="StoreCorruptException">The row does not open.</exception>
    public V1.RememberedCase Open(StoredCase row) => seal.TryOpen(Case, row.Thread.ToArray(), row.Sealed, out byte[]? content)
        ? V1.RememberedCase.Parser.ParseFrom(content)
        : throw new StoreCorruptException("cases", row.Thread.Prefix);

    /// <summary>Seals a message, for its row.</summary>
    /// <param name="hash">SHA-256 of the sealed bytes that travel.</param>
    /// <param name="content">What is kept of it.</param>
    public byte[] Seal(byte[] hash, V1.RememberedCaseMessage content) => seal.Seal(Message, hash, content.ToByteArray());

    /// <summary>Opens a message. What is kept was verified before.</summary>
    /// <exception cref="StoreCorruptException">The row does not open.</exception>
    public (V1.RememberedCaseMessage Kept, CaseMessage Message) Open(StoredCaseMessage row)
    {
        if (!seal.TryOpen(Message, row.Hash, row.Sealed, out byte[]? content)) throw new StoreCorruptException("case_messages", Convert.ToHexStringLower(row.Hash)[..8]);
        V1.RememberedCaseMessage kept = V1.RememberedCaseMessage.Parser.ParseFrom(content);
        return CaseSealer.TryRead(kept.Statement.Span, out CaseMessage? message, out string? fault)
            ? (kept, message)
            : throw new StoreCorruptException("case_messages", $"{Convert.ToHexStringLower(row.Hash)[..8]} ({fault})");
    }
}
