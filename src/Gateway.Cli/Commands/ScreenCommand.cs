using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Protocol;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway screen`: screens the shipments of a file.</summary>
internal static class ScreenCommand
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    public static Command Create(CommandFrame frame)
    {
        Argument<string> file = new("FILE") { Description = "CSV of shipments; docs/formats.md has the columns." };
        Option<string?> hitsFile = new("--out") { Description = "CSV to write every hit with all its reasons to.", HelpName = "FILE" };
        Option<string?> errors = new("--errors") { Description = "CSV to write every bad row and field to.", HelpName = "FILE" };
        Option<string?> pendingFile = new("--pending") { Description = "CSV to write every shipment to that ends pending, with the fields that wait.", HelpName = "FILE" };
        Option<bool> stream = new("--stream") { Description = "Print every hit as soon as it is found: a JSON line each, or lines on a terminal." };
        Option<TimeSpan> wait = new("--wait") { Description = "How long to wait after the last row for identifiers never met before; at most 1h.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromMinutes(10), CustomParser = Duration.Parse };
        wait.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Duration.TryParse(result.Tokens[0].Value, out TimeSpan stated) && stated > LongestWait) result.AddError("--wait can be at most 1h.");
        });
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("screen", "Screens shipments against the records of this node's circles.") { file, hitsFile, errors, pendingFile, stream, wait, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            string path = frame.PathOf(parsed.GetValue(file)!);
            string? hitsPath = parsed.GetValue(hitsFile) is { } stated ? frame.PathOf(stated) : null;
            string? errorsPath = parsed.GetValue(errors) is { } statedErrors ? frame.PathOf(statedErrors) : null;
            string? pendingPath = parsed.GetValue(pendingFile) is { } statedPending ? frame.PathOf(statedPending) : null;
            CommandFrame.RequireDistinct((path, "FILE"), (hitsPath, "--out"), (errorsPath, "--errors"), (pendingPath, "--pending"));
            using CsvSource source = ManifestBatches.Open(path);
            using LocalNode node = LocalNode.Open(folder);
            ScreeningReport report;
            IReadOnlyList<HitLine> best;
            using FaultSink faults = new(errorsPath);
            UtcDay today = UtcDay.Of(frame.Surroundings.Time.GetUtcNow());
            using HitSink hits = new(hitsPath, today, parsed.GetValue(stream) ? result => Stream(output, result, today) : null);
            using PendingSink pending = new(pendingPath);
            using (LiveLine live = new(output, frame.Surroundings.Time))
            {
                long begun = frame.Surroundings.Time.GetTimestamp();
                ManifestScreener screener = new(node, faults, hits, pending, now => live.Show(Line(now, frame.Surroundings.Time.GetElapsedTime(begun))), frame.Surroundings.Time);
                try
                {
                    report = await screener.ScreenAsync(source, new FileInfo(path).Length, parsed.GetValue(wait), cancellation);
                }
                catch (RpcException fault) when (!cancellation.IsCancellationRequested)
                {
                    throw LocalNode.Explain(fault, folder);
                }

                best = hits.Best();
            }

            output.Result(
                new
                {
                    report.Rows, report.Screened, report.Cleared, report.Pending, report.NothingToScreen, report.Hits, report.Red, report.Yellow, report.Green, report.SimilarNames, report.NotScreened, report.FieldsNotUsed, report.Seconds, report.Rate,
                    HitCount = hits.Count, HitsFile = hitsPath, ErrorsFile = errorsPath, PendingFile = pendingPath, PendingLines = pending.First, FaultCount = faults.Count, Faults = faults.First, HitLines = best,
                },
                console => Draw(console, report, hits, parsed.GetValue(stream) ? [] : best, faults, pending, hitsPath, errorsPath));
            return faults.Count > 0 || report.Pending > 0 || report.NothingToScreen > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    private static void Stream(CommandOutput output, Gateway.Protocol.V1.ScreeningResult result, UtcDay today)
    {
        HitLine[] lines = [.. HitLine.Of(result, today)];
        if (output.IsJson) foreach (HitLine line in lines) output.JsonLine(line);
        else output.Human(console => HitSink.DrawNarrow(console, lines, withShipment: true));
    }

    /// <summary>Progress in a line.</summary>
    internal static string Line(ScreeningProgress now, TimeSpan elapsed)
    {
        const int width = 24;
        int done = (int)(now.Share * width);
        double rate = elapsed.TotalSeconds > 0 ? now.Screened / elapsed.TotalSeconds : 0;
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', done)}{new string('.', width - done)}] {now.Screened:N0} screened, {now.Pending:N0} pending, {now.Hits:N0} hits, {rate:N0}/s");
    }

    private static void Draw(IAnsiConsole console, ScreeningReport report, HitSink hits, IReadOnlyList<HitLine> best, FaultSink faults, PendingSink pending, string? hitsPath, string? errorsPath)
    {
        faults.Draw(console);
        pending.Draw(console);
        HitSink.Draw(console, best, hits.Count, withShipment: true);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Screened:N0} shipments screened in {report.Seconds:N1} s ({report.Rate:N0}/s): {report.Hits:N0} hits ({report.Red:N0} RED, {report.Yellow:N0} YELLOW, {report.Green:N0} GREEN), {report.Pending:N0} pending, {report.Cleared:N0} cleared"));
        if (report.Pending > 0) console.WriteLine("Pending shipments are not cleared: screen them again once the node has evaluated their identifiers.");
        if (report.SimilarNames > 0) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.SimilarNames:N0} shipments have a name like a record's (unverified name similarity); it decides nothing."));
        if (report.NothingToScreen > 0) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.NothingToScreen:N0} shipments name nobody who can be looked up and are NOT cleared."));
        if (report.NotScreened > 0) console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.NotScreened:N0} rows could not be read and are NOT screened."));
        if (hitsPath is not null) console.WriteLine($"Hits: {hitsPath}");
        if (errorsPath is not null) console.WriteLine($"Errors: {errorsPath}");
    }
}
