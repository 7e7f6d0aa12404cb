using System.CommandLine;
using Gateway.Cli.Commands;
using Gateway.Cli.Lab;
using Spectre.Console;

namespace Gateway.Cli.Demo;

/// <summary>`gateway demo`: a whole network on this machine, from an empty folder to a screened manifest, checked against what was planted in it.</summary>
internal static class DemoCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<bool> keep = new("--keep") { Description = "Leave the network running, and say what to try next." };
        Option<string?> directory = CommandFrame.DirectoryOption("An empty folder to work in, which stays; a temporary one unless given.");
        Option<string?> stop = new("--stop") { Description = "End the network that a demo with --keep left running in this folder.", HelpName = "DIR" };
        Command command = new("demo", "Makes a broker and four nodes on this machine, publishes, screens a manifest and checks the result.") { keep, directory, stop };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            if (parsed.GetValue(stop) is { } left)
            {
                int ended = await LabDown.RunAsync(new LabFolder(frame.PathOf(left)), keep: true, frame.Surroundings.Time);
                output.Result(new { Ended = ended }, console => console.MarkupLineInterpolated($"Ended {ended} processes. The folder stays: {frame.PathOf(left)}"));
                return ExitCode.Ok;
            }

            string? folder = parsed.GetValue(directory) is { } given ? frame.PathOf(given) : null;
            DemoRun run = new(frame.Surroundings, output, parsed.GetValue(frame.Json));
            return await run.RunAsync(folder, parsed.GetValue(keep), cancellation);
        });
    }
}
