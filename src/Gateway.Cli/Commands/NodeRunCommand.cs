using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Hosting;
using Gateway.Node;
using Gateway.Node.Identity;
using Gateway.Storage;
using Gateway.Storage.Secrets;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node run`: serves until told to end.</summary>
internal static class NodeRunCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Option<string?> store = StoreCommands.Option();
        Command command = new("run", "Runs the node until Ctrl-C or SIGTERM.") { directory, store };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using SealingSecret? secret = frame.Unlocking.Of(parsed, folder);
            NodeDirectory node = new(folder, secret, frame.Surroundings.Random);
            NodeSettings settings = node.ReadSettings();
            string database = parsed.GetValue(store) ?? settings.Store;
            (settings with { Store = database }).Validate();
            NodeInitCommand.RequireShortPath(node);
            NodeSeams seams = new()
            {
                Time = frame.Surroundings.Time,
                Random = frame.Surroundings.Random,
                OpenStore = async (path, token) => await Stores.OpenNodeAsync(database, path, frame.Surroundings.Time, token),
                Logging = HostLogging.To(node.Path, "node"),
            };
            using MetricsExport? metrics = MetricsExport.Start(frame.Surroundings, settings.MetricsEndpoint, "gateway-node", settings.MemberId, NodeMetrics.MeterName);
            WebApplication app = await NodeHost.BuildAsync(node, seams, cancellation);
            await HostRun.UntilToldAsync(app, () => output.Note($"ready: node of {settings.Name} in {settings.Network} listens on {node.SocketFile}"), cancellation);
            return ExitCode.Ok;
        });
    }
}
