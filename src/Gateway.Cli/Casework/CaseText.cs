using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Casework;

/// <summary>Cases as people and programs read them.</summary>
internal static class CaseText
{
    private static readonly Codes<CaseRole> Roles = new(() => CaseworkReflection.Descriptor, "CASE_ROLE_");
    private static readonly Codes<CaseClosing> Closings = new(() => CaseworkReflection.Descriptor, "CASE_CLOSING_");
    private static readonly Codes<CaseMessageState> States = new(() => CaseworkReflection.Descriptor, "CASE_MESSAGE_STATE_");

    public static object Json(CaseLine line) => new
    {
        Case = line.CaseId,
        line.Change,
        Role = Roles.Of(line.Role),
        State = line.Closing == CaseClosing.Unspecified ? "OPEN" : "CLOSED",
        Closing = line.Closing == CaseClosing.Unspecified ? null : Closings.Of(line.Closing),
        RecordId = Hex(line.RecordId),
        Thread = Hex(line.Thread),
        With = WithOf(line),
        WithMemberId = line.WithMemberId.IsEmpty ? null : Hex(line.WithMemberId),
        Reference = line.Reference.Length == 0 ? null : line.Reference,
        line.Messages,
        line.Unread,
        line.Waiting,
        line.Failed,
        OpenedAt = Moment(line.OpenedAt),
        ChangedAt = Moment(line.ChangedAt),
    };

    public static object Json(CaseMessageLine line) => new
    {
        Message = line.MessageId,
        line.Own,
        line.Counter,
        MissingBefore = line.MissingBefore == 0 ? (uint?)null : line.MissingBefore,
        CounterRepeated = line.CounterRepeated ? true : (bool?)null,
        State = States.Of(line.State),
        SentAt = Moment(line.SentAt),
        At = Moment(line.At),
        By = line.By.Length == 0 ? null : line.By,
        line.Text,
        Identifiers = line.Identifiers.Select(one => new { Type = CaseInput.NameOf(one.Type), one.Value }),
        Attachments = line.Attachments.Select((one, i) => new { Number = i + 1, one.Name, one.Size, Sha256 = Hex(one.Sha256), one.ChunksDone, one.Chunks }),
        Closes = line.Closes ? true : (bool?)null,
        MessageHash = Hex(line.MessageHash),
        Error = line.Error is null ? null : Fault.Of(Gateway.Protocol.Errors.Refusal.FromDetail(line.Error)),
        Referred = line.Referred.Count == 0 ? null : line.Referred.Select(one => new
        {
            From = one.FromContributor ? "contributor" : "asker",
            SentAt = Moment(one.SentAt),
            one.Text,
            Identifiers = one.Identifiers.Select(identifier => new { Type = CaseInput.NameOf(identifier.Type), identifier.Value }),
            one.Verified,
            one.KeyInLog,
        }),
    };

    public static void Draw(IAnsiConsole console, IReadOnlyList<CaseLine> lines)
    {
        Table table = Tables.Of("Case", "State", "This member is", "With", "Record", "Messages", "", "Changed");
        foreach (CaseLine line in lines)
        {
            table.AddText(
                line.CaseId.ToString(CultureInfo.InvariantCulture),
                line.Closing == CaseClosing.Unspecified ? "OPEN" : $"CLOSED {Closings.Of(line.Closing)}",
                Roles.Of(line.Role),
                WithOf(line),
                Hex(line.RecordId)[..8] + (line.Reference.Length > 0 ? $" ({line.Reference})" : ""),
                line.Messages.ToString(CultureInfo.InvariantCulture),
                string.Join(", ", Marks(line)),
                Moment(line.ChangedAt).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{lines.Count:N0} cases"));
    }

    public static void Draw(IAnsiConsole console, CaseLine line, IReadOnlyList<CaseMessageLine> messages)
    {
        Draw(console, [line]);
        foreach (CaseMessageLine message in messages)
        {
            string who = message.Own ? $"{message.By} (this member)" : WithOf(line);
            string missing = message.MissingBefore > 0 ? $"  [{message.MissingBefore} before it did not come]" : "";
            string repeated = message.CounterRepeated ? "  [its number was used before: the sender's node was set back, or is not honest]" : "";
            console.WriteLine($"-- {message.MessageId}  {Moment(message.SentAt):yyyy-MM-dd HH:mm}  {Tables.Printable(who)}  {States.Of(message.State)}{missing}{repeated}");
            Write(console, message.Text);
            foreach (CaseIdentifier identifier in message.Identifiers) console.WriteLine($"   identifier {CaseInput.NameOf(identifier.Type)}: {Tables.Printable(identifier.Value)}");
            for (int i = 0; i < message.Attachments.Count; i++)
            {
                CaseAttachmentLine attachment = message.Attachments[i];
                string part = attachment.ChunksDone == attachment.Chunks ? "" : message.Own ? $", {attachment.ChunksDone} of {attachment.Chunks} parts sent" : $", {attachment.ChunksDone} of {attachment.Chunks} parts here";
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   attachment {i + 1}: {Tables.Printable(attachment.Name)}, {attachment.Size:N0} bytes, SHA-256 {Hex(attachment.Sha256)}{part}"));
            }

            foreach (ReferredCaseMessageLine referred in message.Referred)
            {
                string proof = !referred.Verified ? "SIGNATURE DOES NOT HOLD" : referred.KeyInLog ? "signature holds" : "signature holds; this node does not hold the record";
                console.WriteLine($"   > {(referred.FromContributor ? "the contributor of the record" : "the member that asked")}, {Moment(referred.SentAt):yyyy-MM-dd HH:mm} ({proof})");
                Write(console, referred.Text, "   > ");
                foreach (CaseIdentifier identifier in referred.Identifiers) console.WriteLine($"   > identifier {CaseInput.NameOf(identifier.Type)}: {Tables.Printable(identifier.Value)}");
            }

            if (message.Closes) console.WriteLine("   closes the case");
            if (message.Error is { } error) console.WriteLine($"   {error.Code}: {Tables.Printable(error.What)} {Tables.Printable(error.Remedy)}");
        }
    }

    private static void Write(IAnsiConsole console, string text, string indent = "   ")
    {
        foreach (string line in text.Split('\n').Where(line => line.Length > 0 || text.Length > 0)) if (text.Length > 0) console.WriteLine(indent + Tables.Printable(line.TrimEnd('\r')));
    }

    private static IEnumerable<string> Marks(CaseLine line)
    {
        if (line.Unread > 0) yield return $"{line.Unread} unread";
        if (line.Waiting > 0) yield return $"{line.Waiting} not delivered yet";
        if (line.Failed > 0) yield return $"{line.Failed} not delivered";
    }

    private static string WithOf(CaseLine line) => line.Role == CaseRole.Asker ? "the unnamed contributor" : line.With.Length > 0 ? line.With : Hex(line.WithMemberId);

    private static DateTimeOffset Moment(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
}
