using System.CommandLine;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Protocol.Identity;

namespace Gateway.Cli.Commands;

/// <summary>`gateway network export`: prints what an organisation needs to apply.</summary>
internal static class NetworkExportCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string?> @operator = new("--operator") { Description = "An operator's file, in place of the broker's folder.", HelpName = "FILE" };
        return frame.Handle(new Command("export", "Prints the network's file: public, and what `gateway node apply` takes.") { directory, @operator }, async (parsed, output, cancellation) =>
        {
            NetworkFile network = parsed.GetValue(@operator) is { } file
                ? OperatorFile.Parse(await File.ReadAllTextAsync(frame.PathOf(file), cancellation)).Network
                : NetworkFile.Parse(await File.ReadAllTextAsync(new BrokerFiles(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker)).Network, cancellation));
            await frame.Surroundings.Out.WriteLineAsync(network.ToJson());
            return ExitCode.Ok;
        });
    }
}
