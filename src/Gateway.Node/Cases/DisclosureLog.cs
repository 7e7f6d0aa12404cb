using System.Globalization;
using System.Security.Cryptography;
using Gateway.Protocol.Cases;
using Gateway.Storage.Audit;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>
/// What the audit chain says of a message of a case: who gave what to whom, by hashes that both ends compute alike. It holds no text, no identifier and no file's name. Written in the transaction that
/// queues or keeps the message; what queues and is refused in the end gets another entry that says so.
/// </summary>
internal static class DisclosureLog
{
    public const string Left = "CaseDisclosed", Came = "CaseReceived", Failed = "CaseNotDelivered";

    /// <summary>The entries of a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="hash">SHA-256 of its sealed bytes.</param>
    /// <param name="otherEnd">The other end's member id, hex; null for the unnamed contributor.</param>
    /// <param name="officer">Who wrote it; null for one that came.</param>
    /// <param name="at">When.</param>
    public static List<AuditEvent> EventsOf(CaseMessage message, byte[] hash, string? otherEnd, string? officer, DateTimeOffset at)
    {
        string actor = officer is not null ? $"officer {officer}" : NameOf(otherEnd, message.Record.ToString());
        string hex = Convert.ToHexStringLower(hash);
        List<AuditEvent> events = [Event("MESSAGE", hex, "")];
        events.AddRange(message.Body.Identifiers.Select(identifier => Event("IDENTIFIER", hex, string.Create(CultureInfo.InvariantCulture, $" type={identifier.Type}"))));
        events.AddRange(message.Body.Attachments.Select(attachment => Event("ATTACHMENT", Convert.ToHexStringLower(attachment.Sha256.Span), "")));
        if (message.Body.Referral is { } referral) events.AddRange(referral.Messages.Select(one => Event("REFERRAL", Convert.ToHexStringLower(SHA256.HashData(one.Statement.Span)), "")));
        return events;

        AuditEvent Event(string kind, string what, string more) => new(at, actor, officer is null ? Came : Left, SubjectOf(kind, what, otherEnd, message) + more, "done");
    }

    /// <summary>The entry of a message that did not get there.</summary>
    public static AuditEvent FailureOf(CaseMessage message, byte[] hash, string? otherEnd, string code, DateTimeOffset at) =>
        new(at, "broker", Failed, SubjectOf("MESSAGE", Convert.ToHexStringLower(hash), otherEnd, message), code);

    /// <summary>The entry of an attachment that did not get there whole, though its message may have.</summary>
    public static AuditEvent FailureOf(CaseMessage message, V1.CaseAttachment attachment, string? otherEnd, string code, DateTimeOffset at) =>
        new(at, "broker", Failed, SubjectOf("ATTACHMENT", Convert.ToHexStringLower(attachment.Sha256.Span), otherEnd, message), code);

    /// <summary>What an entry of the chain says of a disclosure; null for any other entry.</summary>
    public static V1.CaseDisclosure? Read(V1.AuditEntry entry)
    {
        if (entry.Action is not (Left or Came)) return null;
        Dictionary<string, string> parts = entry.Subject.Split(' ').Select(part => part.Split('=', 2)).Where(part => part.Length == 2).ToDictionary(part => part[0], part => part[1]);
        string record = parts.GetValueOrDefault("record", "");
        return new V1.CaseDisclosure
        {
            Entry = entry,
            Received = entry.Action == Came,
            Kind = parts.GetValueOrDefault("kind", ""),
            Hash = parts.GetValueOrDefault("hash", ""),
            OtherEnd = NameOf(parts.GetValueOrDefault("with", "contributor") is var with && with == "contributor" ? null : with, record),
            Thread = parts.GetValueOrDefault("thread", ""),
            RecordId = record,
        };
    }

    private static string SubjectOf(string kind, string hash, string? otherEnd, CaseMessage message) => $"kind={kind} hash={hash} with={otherEnd ?? "contributor"} thread={message.Thread} record={message.Record}";

    private static string NameOf(string? otherEnd, string record) => otherEnd is null ? $"contributor of record {record}" : $"member {otherEnd}";
}
