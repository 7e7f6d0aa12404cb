using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;
using Party = Gateway.Protocol.V1.Party;

namespace Gateway.Cli.Commands;

/// <summary>`gateway query`: asks about one party.</summary>
internal static class QueryCommand
{
    public static Command Create(CommandFrame frame)
    {
        PartyOptions stated = new();
        Option<TimeSpan> wait = new("--wait") { Description = "How long to wait for identifiers never met before; at most 10m.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromSeconds(30), CustomParser = Duration.Parse };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = stated.On(new Command("query", "Asks whether a party is known to this node's circles.") { wait, directory });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            Party party = stated.Read(parsed);
            using LocalNode node = LocalNode.Open(folder);
            QueryRequest request = new() { Party = party, WaitMilliseconds = (uint)Math.Min(600_000, parsed.GetValue(wait).TotalMilliseconds) };
            ScreeningResult result;
            try
            {
                result = (await node.Screening.QueryAsync(request, cancellationToken: cancellation)).Result;
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            IReadOnlyList<HitLine> hits = result.Decision == ScreeningDecision.Hit ? [.. HitLine.Of(result, UtcDay.Of(frame.Surroundings.Time.GetUtcNow()))] : [];
            output.Result(
                new { Decision = Codes.Decisions.Of(result.Decision), Lane = Codes.Lanes.Of(result.Lane), result.Score, result.PendingIdentifiers, RejectedFields = result.RejectedFields.Select(Fault.Of), HitLines = hits, SimilarNames = result.SimilarNames.Select(SimilarLine.Of) },
                console => Draw(console, result, hits));
            return result.RejectedFields.Count > 0 || result.Decision == ScreeningDecision.Pending ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, ScreeningResult result, IReadOnlyList<HitLine> hits)
    {
        HitSink.Draw(console, hits, hits.Count, withShipment: false);
        foreach (SimilarName name in result.SimilarNames) console.WriteLine(Tables.Printable($"{name.Text} (record {Convert.ToHexStringLower(name.RecordId.Span)[..8]}, {name.Likeness} of 100 alike)"));
        foreach (ErrorDetail field in result.RejectedFields) console.WriteLine(Tables.Printable($"not used: {field.What} ({field.Which}) {field.Remedy}"));
        console.WriteLine(result.Decision switch
        {
            ScreeningDecision.Hit => $"HIT, score {result.Score}",
            ScreeningDecision.Cleared => "CLEARED: whatever could be looked up was, and meets no record of this node's circles.",
            ScreeningDecision.NotScreened => "NOT SCREENED: nothing in the query could be looked up.",
            _ => $"PENDING: {result.PendingIdentifiers} identifiers are not evaluated yet; not cleared.",
        });
    }
}
