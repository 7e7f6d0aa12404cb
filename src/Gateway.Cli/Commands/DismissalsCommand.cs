using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway dismissals`: lists dismissals, and takes them back.</summary>
internal static class DismissalsCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<ulong?> undo = new("--undo") { Description = "Take this dismissal back.", HelpName = "ID" };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("dismissals", "Lists what was dismissed, by whom and why.") { undo, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            List<DismissalLine> lines = [];
            try
            {
                if (parsed.GetValue(undo) is { } id)
                {
                    await node.Watch.ReinstateAsync(new ReinstateRequest { Id = id }, cancellationToken: cancellation);
                    output.Result(new { Undone = id }, console => console.WriteLine($"Dismissal {id} is taken back."));
                    return ExitCode.Ok;
                }

                using AsyncServerStreamingCall<ListDismissalsResponse> call = node.Watch.ListDismissals(new ListDismissalsRequest(), cancellationToken: cancellation);
                while (await call.ResponseStream.MoveNext(cancellation)) lines.AddRange(call.ResponseStream.Current.Dismissals);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }

            output.Result(
                new
                {
                    Dismissals = lines.Select(line => new
                    {
                        line.Id, Subject = Codes.AlertSubjects.Of(line.Subject), line.Reference, RecordId = Convert.ToHexStringLower(line.RecordId.Span), line.Dismissal.By, line.Dismissal.Reason, Day = new UtcDay(line.Dismissal.Day).ToString(),
                    }),
                },
                console => Draw(console, lines));
            return ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, List<DismissalLine> lines)
    {
        Table table = Tables.Of("Number", "About", "Record", "On", "By", "Why");
        foreach (DismissalLine line in lines)
        {
            table.AddText(
                line.Id.ToString(CultureInfo.InvariantCulture), line.Reference, Convert.ToHexStringLower(line.RecordId.Span)[..8], new UtcDay(line.Dismissal.Day).ToString(), line.Dismissal.By, line.Dismissal.Reason);
        }

        if (lines.Count > 0) console.Write(table);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{lines.Count:N0} dismissals"));
    }
}
