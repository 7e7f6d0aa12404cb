using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway dispute …` at a member's node: objections raised, listed, decided.</summary>
internal static class DisputeCommands
{
    private const string AtNode = "The node's folder; GATEWAY_DIR or ./node unless given.";

    public static Command Open(CommandFrame frame)
    {
        PartyOptions party = new();
        Option<string?> record = new("--record") { Description = "Only this record, 64 hexadecimal digits; else every record that the party meets.", HelpName = "ID" };
        Option<string> ground = GroundOption();
        (Option<string?> statement, Option<string?> file, Option<string?> contact) = StatementOptions();
        Option<ulong> objection = new("--objection") { Description = "Number of an objection in this desk's inbox: closed once every dispute is open.", HelpName = "N" };
        Option<TimeSpan> wait = WaitOption();
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = party.On(new Command("open", "Objects in somebody's name: what he states is screened at this node, and the records it meets are disputed. His words go sealed to the circle's dispute desk.") { record, ground, statement, file, contact, objection, wait, directory });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            RaiseDisputeRequest request = new()
            {
                Ground = Codes.DisputeGrounds.Parse(parsed.GetValue(ground)!),
                Statement = await TextOfAsync(frame, parsed.GetValue(statement), parsed.GetValue(file), cancellation),
                Contact = parsed.GetValue(contact) ?? "",
                Objection = parsed.GetValue(objection),
                WaitMilliseconds = (uint)Math.Min(600_000, parsed.GetValue(wait).TotalMilliseconds),
            };
            if (party.AreStated(parsed)) request.Party = party.Read(parsed);
            if (parsed.GetValue(record) is { } id) request.RecordId = ReadId(id, "--record");
            else if (request.Party is null) throw new RefusalException(Refusal.Invalid("NOTHING_TO_DISPUTE", "Neither a record nor anything about the objector was stated.", "--record", "Name the record, or state the objector as with `gateway query`."));
            RaiseDisputeResponse response = await LocalNode.AskAsync(folder, node => node.Disputes.RaiseDisputeAsync(request, cancellationToken: cancellation));
            output.Result(
                new { Disputes = response.Disputes.Select(dispute => new { RecordId = Hex(dispute.RecordId), dispute.Circle, dispute.Index, Deadline = Day(dispute.DeadlineDay), dispute.Refusal, dispute.What }) },
                console =>
                {
                    foreach (RaisedDispute dispute in response.Disputes)
                    {
                        console.WriteLine(Tables.Printable(dispute.Refusal.Length > 0
                            ? $"Record {Hex(dispute.RecordId)[..8]} of {dispute.Circle}: not disputed, {dispute.Refusal}: {dispute.What}"
                            : $"Record {Hex(dispute.RecordId)[..8]} of {dispute.Circle} is disputed: entry {dispute.Index} of the log, to be decided by {Day(dispute.DeadlineDay)}."));
                    }
                });
            return response.Disputes.Any(dispute => dispute.Refusal.Length > 0) ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    public static Command List(CommandFrame frame)
    {
        Option<bool> open = new("--open") { Description = "Only those that nobody has decided." };
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("list", "Lists the disputes about records of this node's circles.") { open, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            ListDisputesResponse response = await LocalNode.AskAsync(folder, node => node.Disputes.ListDisputesAsync(new ListDisputesRequest { Open = parsed.GetValue(open) }, cancellationToken: cancellation));
            output.Result(new { Disputes = response.Disputes.Select(Document) }, console => Draw(console, response));
            return ExitCode.Ok;
        });
    }

    public static Command Show(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits." };
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("show", "Shows the dispute about a record.") { record, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            ByteString id = ReadId(parsed.GetValue(record)!, "RECORD");
            ListDisputesResponse response = await LocalNode.AskAsync(folder, node => node.Disputes.ListDisputesAsync(new ListDisputesRequest { RecordId = id }, cancellationToken: cancellation));
            DisputeLine line = response.Disputes.FirstOrDefault() ?? throw new RefusalException(Refusal.NotFound("DISPUTE_UNKNOWN", "Nobody has disputed this record.", Hex(id)[..8], "See `gateway dispute list`."));
            output.Result(Document(line), console => Draw(console, response));
            return ExitCode.Ok;
        });
    }

    public static Command Resolve(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits." };
        Argument<string> decision = new("DECISION") { Description = "UPHELD: the objection holds, and the record is withdrawn everywhere. REJECTED: the record stands." };
        decision.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.DisputeDecisions.All]);
        Option<string> reason = new("--reason") { Description = string.Join(", ", Codes.DisputeReasons.All) + ".", HelpName = "CODE", Required = true };
        reason.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.DisputeReasons.All]);
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("resolve", "Decides a dispute, for a member that the circle's policy names to do so. The decision is signed, stands in the log and is not taken back.") { record, decision, reason, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            DecideDisputeRequest request = new()
            {
                RecordId = ReadId(parsed.GetValue(record)!, "RECORD"), Decision = Codes.DisputeDecisions.Parse(parsed.GetValue(decision)!), Reason = Codes.DisputeReasons.Parse(parsed.GetValue(reason)!),
            };
            DecideDisputeResponse response = await LocalNode.AskAsync(folder, node => node.Disputes.DecideDisputeAsync(request, cancellationToken: cancellation));
            output.Result(
                new { RecordId = Hex(request.RecordId), Decision = Codes.DisputeDecisions.Of(request.Decision), response.Index, response.WithdrawalIndex },
                console => console.WriteLine(response.WithdrawalIndex > 0
                    ? $"Decided: entry {response.Index} of the log. Record {Hex(request.RecordId)[..8]} is withdrawn: entry {response.WithdrawalIndex}."
                    : $"Decided: entry {response.Index} of the log. Record {Hex(request.RecordId)[..8]} stands."));
            return ExitCode.Ok;
        });
    }

    public static Command Inbox(CommandFrame frame)
    {
        Option<TimeSpan> wait = WaitOption();
        Option<ulong> close = new("--close") { Description = "Deletes the objection of this number at the broker: it has been dealt with.", HelpName = "N" };
        Option<string?> directory = CommandFrame.DirectoryOption(AtNode);
        Command command = new("inbox", "Shows what was filed for this member's dispute desk, with the records that it meets at this node.") { wait, close, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            if (parsed.GetValue(close) is > 0 and ulong number)
            {
                await LocalNode.AskAsync(folder, node => node.Disputes.CloseInboxAsync(new CloseInboxRequest { Id = number }, cancellationToken: cancellation));
                output.Result(new { Closed = number }, console => console.WriteLine($"Objection {number} is deleted."));
                return ExitCode.Ok;
            }

            ReadInboxRequest request = new() { WaitMilliseconds = (uint)Math.Min(600_000, parsed.GetValue(wait).TotalMilliseconds) };
            ReadInboxResponse response = await LocalNode.AskAsync(folder, node => node.Disputes.ReadInboxAsync(request, cancellationToken: cancellation));
            output.Result(
                new
                {
                    Objections = response.Lines.Select(line => new
                    {
                        line.Id, line.Reference, FiledAt = DateTimeOffset.FromUnixTimeSeconds(line.FiledAt), Ground = Codes.DisputeGrounds.Of(line.Objection?.Ground ?? default), Statement = line.Objection?.Statement ?? "",
                        Contact = line.Objection?.Contact ?? "", Name = line.Objection?.Party?.Name ?? "", Identifiers = (line.Objection?.Party?.Identifiers ?? []).Select(identifier => identifier.Value), MetRecordIds = line.MetRecordIds.Select(Hex), line.Fault,
                    }),
                },
                console => Draw(console, response));
            return ExitCode.Ok;
        });
    }

    /// <summary>The ground of an objection.</summary>
    internal static Option<string> GroundOption()
    {
        Option<string> ground = new("--ground") { Description = string.Join(", ", Codes.DisputeGrounds.All) + ".", HelpName = "CODE", Required = true };
        ground.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.DisputeGrounds.All]);
        return ground;
    }

    /// <summary>What an objector says, and how he is reached.</summary>
    internal static (Option<string?> Statement, Option<string?> File, Option<string?> Contact) StatementOptions() => (
        new Option<string?>("--statement") { Description = "What is wrong, in the objector's words.", HelpName = "TEXT" },
        new Option<string?>("--statement-file") { Description = "The same, from a file.", HelpName = "FILE" },
        new Option<string?>("--contact") { Description = "How the desk reaches the objector.", HelpName = "TEXT" });

    /// <summary>The words of an option or of a file.</summary>
    internal static async Task<string> TextOfAsync(CommandFrame frame, string? text, string? file, CancellationToken cancellation) => file is null ? text ?? "" : await File.ReadAllTextAsync(frame.PathOf(file), cancellation);

    private static Option<TimeSpan> WaitOption() =>
        new("--wait") { Description = "How long to wait for identifiers never met before; at most 10m.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromSeconds(30), CustomParser = Duration.Parse };

    private static void Draw(IAnsiConsole console, ListDisputesResponse response)
    {
        Table table = Tables.Of("Record", "Circle", "Ground", "Due", "Decision", "Record is", "");
        foreach (DisputeLine line in response.Disputes)
        {
            string decision = line.Note.Decision == DisputeDecision.Unspecified ? "open" : $"{Codes.DisputeDecisions.Of(line.Note.Decision)} {Codes.DisputeReasons.Of(line.Note.Reason)}";
            table.AddText(Hex(line.RecordId), line.Circle, Codes.DisputeGrounds.Of(line.Note.Ground), Day(line.Note.DeadlineDay), decision, line.RecordState, line.Mine ? "own" : line.ForDecision ? "to be decided here" : "");
        }

        console.Write(table);
    }

    private static void Draw(IAnsiConsole console, ReadInboxResponse response)
    {
        foreach (InboxLine line in response.Lines)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Objection {line.Id}, reference {line.Reference}, filed {DateTimeOffset.FromUnixTimeSeconds(line.FiledAt):yyyy-MM-dd HH:mm}"));
            if (line.Objection is { } objection)
            {
                string who = string.Join(", ", ((string[])[objection.Party?.Name ?? "", .. (objection.Party?.Identifiers ?? []).Select(identifier => identifier.Value)]).Where(text => text.Length > 0));
                console.WriteLine(Tables.Printable($"  who: {who}"));
                console.WriteLine(Tables.Printable($"  ground: {Codes.DisputeGrounds.Of(objection.Ground)}; contact: {objection.Contact}"));
                foreach (string paragraph in objection.Statement.Split('\n')) console.WriteLine(Tables.Printable($"  | {paragraph.TrimEnd('\r')}"));
            }

            foreach (ByteString met in line.MetRecordIds) console.WriteLine($"  meets record {Hex(met)}");
            if (line.Fault.Length > 0) console.WriteLine(Tables.Printable($"  {line.Fault}"));
        }

        console.WriteLine(response.Lines.Count == 0 ? "Nothing waits." : $"{response.Lines.Count} wait. Dispute a record with `gateway dispute open --record ID --ground CODE --objection N`; delete what is dealt with by `gateway dispute inbox --close N`.");
    }

    private static object Document(DisputeLine line) => new
    {
        RecordId = Hex(line.RecordId), line.Circle, Ground = Codes.DisputeGrounds.Of(line.Note.Ground), Deadline = Day(line.Note.DeadlineDay), DisputedAt = line.Note.DisputedAt, Decision = Codes.DisputeDecisions.Of(line.Note.Decision),
        Reason = Codes.DisputeReasons.Of(line.Note.Reason), line.Note.ResolvedAt, line.Mine, line.ForDecision, line.RecordState, Evidence = Codes.Evidence.Of(line.Summary?.EvidenceGrade ?? default), Kind = Codes.Kinds.Of(line.Summary?.Kind ?? default),
    };

    private static ByteString ReadId(string text, string which) => RecordId.TryParse(text, out RecordId id) ? id.ToByteString() : throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", which, "Copy the id from the hit."));

    private static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);

    private static string Day(uint day) => day == 0 ? "" : new UtcDay(day).ToString();
}
