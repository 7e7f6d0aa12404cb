using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway records`: the records this node holds.</summary>
internal static class RecordsCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> circle = new("--circle") { Description = "Only of this circle.", HelpName = "NAME" };
        Option<bool> mine = new("--mine") { Description = "Only this member's own." };
        Option<uint> limit = new("--limit") { Description = "At most this many; 0: all.", HelpName = "N", DefaultValueFactory = _ => 100 };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("records", "Lists the records this node holds, newest first; JSON is a line for each.") { circle, mine, limit, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            ListRecordsRequest request = new() { Circle = parsed.GetValue(circle) ?? "", Mine = parsed.GetValue(mine), Limit = parsed.GetValue(limit) };
            Table table = Tables.Of("Record", "State", "Circle", "Evidence", "Goods", "Last seen", "Expires", "Reference", "Met");
            List<RecordLine> ended = [];
            try
            {
                using AsyncServerStreamingCall<ListRecordsResponse> call = node.Contributions.ListRecords(request, cancellationToken: cancellation);
                while (await call.ResponseStream.MoveNext(cancellation))
                {
                    foreach (RecordLine line in call.ResponseStream.Current.Records)
                    {
                        if (request.Mine && line.State is "WITHDRAWN" or "EXPIRED" && !line.RecordId.IsEmpty) ended.Add(line);
                        if (output.IsJson) output.JsonLine(Document(line));
                        else Add(table, line);
                    }
                }
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            if (!output.IsJson) output.Human(console => console.Write(table));
            if (request.Mine && ended.Count > 0 && !output.IsJson) await ShowDeletionsAsync(node, ended, output, cancellation);
            return ExitCode.Ok;
        });
    }

    // Beside the list, not in it: the broker knows, and may be away.
    private static async Task ShowDeletionsAsync(LocalNode node, List<RecordLine> ended, CommandOutput output, CancellationToken cancellation)
    {
        foreach (RecordLine[] some in ended.Chunk(512))
        {
            GetRecordDeletionsRequest request = new();
            request.RecordIds.AddRange(some.Select(line => line.RecordId));
            GetRecordDeletionsResponse response;
            try
            {
                response = await node.Life.GetRecordDeletionsAsync(request, cancellationToken: cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                output.Note($"How far the deletions have come is not known now: {fault.ToRefusal("node").What}");
                return;
            }

            foreach (DeletionState state in response.Records.Where(state => state.Ended))
            {
                output.Human(console => console.WriteLine($"{Convert.ToHexStringLower(state.RecordId.Span)[..8]}: {DeletionText.Of(state)}"));
            }
        }
    }

    private static object Document(RecordLine line) => new
    {
        RecordId = Convert.ToHexStringLower(line.RecordId.Span),
        line.State,
        line.Disputed,
        line.Circle,
        line.Index,
        line.Reference,
        line.Met,
        ReplacementId = line.ReplacementId.IsEmpty ? null : Convert.ToHexStringLower(line.ReplacementId.Span),
        Kind = Codes.Kinds.Of(line.Summary?.Kind ?? RecordKind.Unspecified),
        Evidence = Codes.Evidence.Of(line.Summary?.EvidenceGrade ?? EvidenceGrade.Unspecified),
        Categories = (line.Summary?.Categories ?? []).Select(Codes.Categories.Of),
        Severity = Codes.Severities.Of(line.Summary?.Severity ?? Severity.Unspecified),
        HsCodes = line.Summary?.HsCodes.ToArray() ?? [],
        RouteCountries = line.Summary?.RouteCountries.ToArray() ?? [],
        FirstSeen = Day(line.Summary?.FirstSeenDay),
        LastSeen = Day(line.Summary?.LastSeenDay),
        Expires = Day(line.Summary?.ExpiryDay),
    };

    private static void Add(Table table, RecordLine line)
    {
        string id = Convert.ToHexStringLower(line.RecordId.Span);
        table.AddText(
            id.Length > 0 ? id[..8] : "-",
            StateOf(line),
            line.Circle,
            Codes.Evidence.Of(line.Summary?.EvidenceGrade ?? EvidenceGrade.Unspecified),
            string.Join(", ", (line.Summary?.Categories ?? []).Select(Codes.Categories.Of)),
            Day(line.Summary?.LastSeenDay) ?? "",
            Day(line.Summary?.ExpiryDay) ?? "",
            line.Reference,
            line.Met ? "yes" : "");
    }

    private static string? Day(uint? day) => day is null or 0 ? null : new UtcDay(day.Value).ToString();

    private static string StateOf(RecordLine line) =>
        line.State + (line.Disputed ? ", disputed" : "") + (line.ReplacementId.IsEmpty ? "" : $", replaced by {Convert.ToHexStringLower(line.ReplacementId.Span)[..8]}");
}
