using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Circles;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Publishing;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway publish`: publishes the cases of a file in a circle.</summary>
internal static class PublishCommand
{
    private static readonly TimeSpan AwayPoll = TimeSpan.FromSeconds(3);

    public static Command Create(CommandFrame frame)
    {
        Argument<string> file = new("FILE") { Description = "CSV of cases; docs/formats.md has the columns." };
        Option<string> circle = new("--circle") { Description = "Circle to publish in.", HelpName = "NAME", Required = true };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Option<string?> errors = new("--errors") { Description = "CSV to write every refused row to.", HelpName = "FILE" };
        Option<bool> noWait = new("--no-wait") { Description = "End when the node has the cases safe; it publishes them by itself." };
        Option<bool> dryRun = new("--dry-run") { Description = "Read the file and say who would see its cases; publish nothing." };
        Command command = new("publish", "Publishes cases. A file can be published again: what is published already is not published twice.") { file, circle, directory, errors, noWait, dryRun };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            string? errorsPath = parsed.GetValue(errors) is { } stated ? frame.PathOf(stated) : null;
            CommandFrame.RequireDistinct((frame.PathOf(parsed.GetValue(file)!), "FILE"), (errorsPath, "--errors"));
            using CsvSource source = ActorFile.Open(frame.PathOf(parsed.GetValue(file)!));
            using LocalNode node = LocalNode.Open(folder);
            using FaultSink faults = new(errorsPath);
            GetCircleResponse audience = await AudienceText.ReadAsync(node, folder, parsed.GetValue(circle)!, cancellation);
            if (parsed.GetValue(dryRun)) return DryRun(source, faults, audience, output);
            using LiveLine live = new(output, frame.Surroundings.Time);
            PublishReport report;
            using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task telling = TellWhenAwayAsync(node, output, frame.Surroundings.Time, done.Token);
            try
            {
                ActorPublisher publisher = new(node, faults, now => live.Show(string.Create(
                    CultureInfo.InvariantCulture, $"{now.Read:N0} read, {now.Durable:N0} safe at the node, {now.Published:N0} in the log, {now.Refused:N0} refused")));
                report = await publisher.PublishAsync(source, parsed.GetValue(circle)!, !parsed.GetValue(noWait), cancellation);
            }
            catch (RpcException fault) when (!cancellation.IsCancellationRequested)
            {
                throw LocalNode.Explain(fault, folder);
            }
            finally
            {
                await done.CancelAsync();
                await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            live.Dispose();
            output.Result(
                new { report.Rows, report.Published, report.AlreadyKnown, report.Queued, report.Withdrawn, report.Refused, report.LeftOut, Audience = AudienceText.Json(audience), Faults = faults.First, FaultCount = faults.Count },
                console =>
                {
                    Draw(console, report, faults);
                    AudienceText.Draw(console, audience);
                });
            return faults.Rows > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    // Nothing is lost and nothing goes on: whoever looks at a line that stands still wants to know why.
    private static async Task TellWhenAwayAsync(LocalNode node, CommandOutput output, TimeProvider time, CancellationToken cancellation)
    {
        bool told = false;
        while (true)
        {
            await Task.Delay(AwayPoll, time, cancellation);
            bool away = !(await node.Contributions.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation)).BrokerConnected;
            if (away && !told) output.Note("The broker is away. Cases that are safe at the node wait there and are published when it is back; this command can be ended.");
            if (!away && told) output.Note("The broker is back.");
            told = away;
        }
    }

    private static int DryRun(CsvSource source, FaultSink faults, GetCircleResponse audience, CommandOutput output)
    {
        long rows = 0;
        foreach (InputRow<Contribution> row in ActorFile.Read(source, audience.Policy.Name))
        {
            rows++;
            faults.Add(row.Faults);
        }

        output.Result(
            new { Rows = rows, LeftOut = faults.Rows, Audience = AudienceText.Json(audience), Faults = faults.First, FaultCount = faults.Count },
            console =>
            {
                faults.Draw(console);
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows, {faults.Rows:N0} with errors; nothing was published."));
                AudienceText.Draw(console, audience);
            });
        return faults.Rows > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
    }

    private static void Draw(IAnsiConsole console, PublishReport report, FaultSink faults)
    {
        faults.Draw(console);
        string queued = report.Queued > 0 ? string.Create(CultureInfo.InvariantCulture, $", {report.Queued:N0} queued at the node") : "";
        string withdrawn = report.Withdrawn > 0 ? string.Create(CultureInfo.InvariantCulture, $", {report.Withdrawn:N0} withdrawn earlier") : "";
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Rows:N0} rows: {report.Published:N0} published ({report.AlreadyKnown:N0} of them known before){queued}{withdrawn}, {report.Refused:N0} refused, {report.LeftOut:N0} with errors"));
    }
}
