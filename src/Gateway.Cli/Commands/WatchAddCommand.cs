using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Watching;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway watch add`: registers the sellers of a file.</summary>
internal static class WatchAddCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> file = new("FILE") { Description = "CSV of sellers; docs/formats.md has the columns." };
        Option<string?> errors = new("--errors") { Description = "CSV to write every bad row and field to.", HelpName = "FILE" };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new("add", "Registers sellers: records that meet one, now or later, raise an alert. A file can be added again: what changed is replaced.") { file, errors, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            string? errorsPath = parsed.GetValue(errors) is { } stated ? frame.PathOf(stated) : null;
            CommandFrame.RequireDistinct((frame.PathOf(parsed.GetValue(file)!), "FILE"), (errorsPath, "--errors"));
            using CsvSource source = SellerFile.Open(frame.PathOf(parsed.GetValue(file)!));
            using LocalNode node = LocalNode.Open(folder);
            using FaultSink faults = new(errorsPath);
            RegistrationReport report;
            using (LiveLine live = new(output, frame.Surroundings.Time))
            {
                try
                {
                    report = await new SellerRegistrar(node, faults, rows => live.Show(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows registered"))).RegisterAsync(source, cancellation);
                }
                catch (RpcException fault) when (!cancellation.IsCancellationRequested)
                {
                    throw LocalNode.Explain(fault, folder);
                }
            }

            output.Result(
                new { report.Rows, report.Added, report.Replaced, report.Unchanged, report.Refused, report.LeftOut, Faults = faults.First, FaultCount = faults.Count },
                console => Draw(console, report, faults));
            return faults.Count > 0 ? ExitCode.PartlyBad : ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, RegistrationReport report, FaultSink faults)
    {
        faults.Draw(console);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Rows:N0} rows: {report.Added:N0} sellers added, {report.Replaced:N0} replaced, {report.Unchanged:N0} unchanged, {report.Refused:N0} refused, {report.LeftOut:N0} left out"));
        console.WriteLine("What they meet, now or later, is told by `gateway alerts`.");
    }
}
