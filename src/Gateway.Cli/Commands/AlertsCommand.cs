using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Cli.Watching;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway alerts`: records that arrived and meet a registered seller or a shipment screened before.</summary>
internal static class AlertsCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<bool> follow = new("--follow") { Description = "Go on with every alert that is raised or changed, until interrupted." };
        Option<bool> all = new("--all") { Description = "Also alerts that somebody has seen and alerts whose record has ended." };
        Option<ulong> after = new("--after") { Description = "Only alerts changed after this change; the JSON has it.", HelpName = "CHANGE" };
        Option<ulong[]> acknowledge = new("--acknowledge") { Description = "Note that alerts were seen.", HelpName = "ID", AllowMultipleArgumentsPerToken = true };
        Option<string?> by = new("--by") { Description = "Who has seen them; with --acknowledge.", HelpName = "NAME" };
        Option<string?> note = new("--note") { Description = "What came of it; with --acknowledge.", HelpName = "TEXT" };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("alerts", "Records that arrived and meet a registered seller or a shipment screened before.") { follow, all, after, acknowledge, by, note, directory };
        command.Validators.Add(result =>
        {
            if (result.GetValue(acknowledge) is { Length: > 0 } && result.GetValue(by) is null) result.AddError("--acknowledge wants --by NAME.");
        });
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            try
            {
                if (parsed.GetValue(acknowledge) is { Length: > 0 } ids)
                {
                    AcknowledgeAlertsResponse seen = await node.Watch.AcknowledgeAlertsAsync(new AcknowledgeAlertsRequest { Ids = { ids }, By = parsed.GetValue(by)!, Note = parsed.GetValue(note) ?? "" }, cancellationToken: cancellation);
                    output.Result(new { seen.Acknowledged }, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seen.Acknowledged.Count:N0} acknowledged")));
                    return seen.Acknowledged.Count == ids.Distinct().Count() ? ExitCode.Ok : ExitCode.PartlyBad;
                }

                if (!parsed.GetValue(follow) && await node.Casework.GetCaseworkStatusAsync(new GetCaseworkStatusRequest(), cancellationToken: cancellation) is { UnreadMessages: > 0 and var unread })
                {
                    output.Note(string.Create(CultureInfo.InvariantCulture, $"{unread:N0} {(unread == 1 ? "message of a case is" : "messages of cases are")} unread: see `gateway case list`."));
                }

                return await ListAsync(node, new ListAlertsRequest { AfterChange = parsed.GetValue(after), Follow = parsed.GetValue(follow) }, parsed.GetValue(all), UtcDay.Of(frame.Surroundings.Time.GetUtcNow()), output, cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }
        });
    }

    private static async Task<int> ListAsync(LocalNode node, ListAlertsRequest request, bool all, UtcDay today, CommandOutput output, CancellationToken cancellation)
    {
        List<AlertLine> lines = [];
        using AsyncServerStreamingCall<ListAlertsResponse> call = node.Watch.ListAlerts(request, cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            // Who follows wants to hear of an end, too.
            AlertLine[] page = [.. call.ResponseStream.Current.Alerts.Where(alert => all || request.Follow || alert.State == AlertState.Open).Select(alert => AlertLine.Of(alert, today))];
            if (!request.Follow) lines.AddRange(page);
            else if (output.IsJson) foreach (AlertLine line in page) output.JsonLine(line);
            else output.Human(console => AlertLine.Draw(console, page));
        }

        output.Result(
            new { Alerts = lines },
            console =>
            {
                AlertLine.Draw(console, lines);
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{lines.Count:N0} {(lines.Count == 1 ? "alert" : "alerts")}"));
            });
        return ExitCode.Ok;
    }
}
