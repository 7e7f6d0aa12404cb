using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Samples;
using Gateway.Protocol.Errors;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway sample`: composes actors and a manifest out of the project's real data.</summary>
internal static class SampleCommand
{
    /// <summary>Environment variable that names the project's samples folder.</summary>
    public const string Variable = "GATEWAY_SAMPLES";

    public static Command Create(CommandFrame frame)
    {
        Option<string> target = new("--out") { Description = "Folder to write to.", HelpName = "DIR", Required = true };
        Command command = new("sample", "Composes sample actors and a manifest out of the real data in samples/.") { target };
        return frame.Handle(command, (parsed, output, _) =>
        {
            DirectoryInfo folder = new(frame.PathOf(parsed.GetValue(target)!));
            SampleSummary summary = SampleComposer.Compose(SampleSource.Open(FindSamples(frame.Surroundings)), folder, new SampleOptions());
            output.Result(
                new { Directory = folder.FullName, summary.RetailerOne, summary.RetailerTwo, summary.Shared, summary.Shipments, summary.Planted },
                console => console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{summary.RetailerOne:N0} and {summary.RetailerTwo:N0} actors ({summary.Shared:N0} in both) and {summary.Shipments:N0} shipments ({summary.Planted:N0} of them planted) written to {folder.FullName}")));
            return Task.FromResult(ExitCode.Ok);
        });
    }

    /// <summary>The project's samples: of GATEWAY_SAMPLES, else the first folder samples/ with data in it above the current folder or above the program.</summary>
    public static DirectoryInfo FindSamples(Surroundings surroundings)
    {
        if (surroundings.Environment(Variable) is { Length: > 0 } stated) return new DirectoryInfo(stated);
        foreach (string start in new[] { surroundings.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "samples", "ofac", "entities.csv"))) return new DirectoryInfo(Path.Combine(folder.FullName, "samples"));
            }
        }

        throw new RefusalException(Refusal.NotFound("SAMPLES_NOT_FOUND", "The project's folder samples/ was not found.", "samples", $"Run the command inside the project, or name the folder in {Variable}."));
    }
}
