using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
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
            try
            {
                using AsyncServerStreamingCall<ListRecordsResponse> call = node.Contributions.ListRecords(request, cancellationToken: cancellation);
                while (await call.ResponseStream.MoveNext(cancellation))
                {
                    foreach (RecordLine line in call.ResponseStream.Current.Records)
                    {
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
            return ExitCode.Ok;
        });
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
            line.Disputed ? $"{line.State}, disputed" : line.State,
            line.Circle,
            Codes.Evidence.Of(line.Summary?.EvidenceGrade ?? EvidenceGrade.Unspecified),
            string.Join(", ", (line.Summary?.Categories ?? []).Select(Codes.Categories.Of)),
            Day(line.Summary?.LastSeenDay) ?? "",
            Day(line.Summary?.ExpiryDay) ?? "",
            line.Reference,
            line.Met ? "yes" : "");
    }

    private static string? Day(uint? day) => day is null or 0 ? null : new UtcDay(day.Value).ToString();
}
