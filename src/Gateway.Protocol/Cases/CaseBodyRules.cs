using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Cases;

/// <summary>What a body may hold. The sealer refuses to make another one, the opener to believe it.</summary>
public static class CaseBodyRules
{
    private const int HashSize = 32;

    /// <summary>Null, or the first thing that a body must not hold.</summary>
    public static string? FindFault(CaseBody body, CaseMessageKind kind)
    {
        if (Encoding.UTF8.GetByteCount(body.Text) > CaseFormat.MaximumText) return $"The text is longer than {CaseFormat.MaximumText:N0} bytes.";
        if (body.Identifiers.Count > CaseFormat.MaximumIdentifiers) return $"There are more than {CaseFormat.MaximumIdentifiers} identifiers.";
        if (body.Identifiers.Any(one => one.Type is 0 or > 255 || one.Value.Length == 0 || Encoding.UTF8.GetByteCount(one.Value) > 1_024)) return "An identifier has no STRONG type, no value, or one longer than 1,024 bytes.";
        if (body.Attachments.Count > CaseFormat.MaximumAttachments) return $"There are more than {CaseFormat.MaximumAttachments} attachments.";
        if (body.Attachments.Select(FindFault).FirstOrDefault(fault => fault is not null) is { } attachment) return attachment;
        if (body.Text.Length == 0 && body.Identifiers.Count == 0 && body.Attachments.Count == 0 && !body.Closes && body.Referral is null) return "The message says nothing.";
        return body.Referral is null ? null : FindFault(body.Referral, kind);
    }

    internal static CaseBody? Parse(ReadOnlySpan<byte> bytes, CaseMessageKind kind, out string? fault)
    {
        try
        {
            CaseBody body = CaseBody.Parser.ParseFrom(bytes);
            fault = FindFault(body, kind);
            return fault is null ? body : null;
        }
        catch (InvalidProtocolBufferException)
        {
            fault = "The body cannot be read.";
            return null;
        }
    }

    private static string? FindFault(CaseAttachment attachment)
    {
        if (!IsFileName(attachment.Name)) return "An attachment has no name, or one with folders or control characters, or longer than 255 bytes.";
        if (attachment.Size is 0 or > CaseFormat.MaximumAttachment) return $"An attachment is empty or larger than {CaseFormat.MaximumAttachment:N0} bytes.";
        int chunks = CaseAttachments.ChunksOf((int)attachment.Size);
        bool fits = attachment.Sha256.Length == HashSize && attachment.Key.Length == XChaCha20Poly1305.KeySize && attachment.ChunkHashes.Count == chunks && attachment.ChunkHashes.All(hash => hash.Length == HashSize);
        return fits && attachment.ChunkHashes.Distinct().Count() == chunks ? null : "An attachment's hashes or key have another length or number than its size wants.";
    }

    private static string? FindFault(CaseReferral referral, CaseMessageKind kind)
    {
        if (kind != CaseMessageKind.Referral) return "Only a referral hands on a case.";
        if (referral.RecordPk.Length != VerifyingKey.Size) return "The referral names no record key.";
        if (referral.Messages.Count > CaseFormat.MaximumReferred) return $"The referral hands on more than {CaseFormat.MaximumReferred} messages.";
        return referral.Messages.Any(one => one.RecipientPk.Length != BoxPublicKey.Size || one.Statement.IsEmpty) ? "A message that is handed on is not whole." : null;
    }

    /// <summary>Whether a text may be an attachment's name: it will be a file's on somebody else's disk.</summary>
    public static bool IsFileName(string name) =>
        name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= CaseFormat.MaximumName && name is not ("." or "..") && !name.Any(c => char.IsControl(c) || c is '/' or '\\' or ':' || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format);
}
