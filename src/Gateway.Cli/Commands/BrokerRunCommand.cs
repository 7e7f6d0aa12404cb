using System.CommandLine;
using Gateway.Broker.Hosting;
using Gateway.Broker.Observation;
using Gateway.Cli.Connect;
using Gateway.Cli.Hosting;
using Gateway.Storage.Secrets;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Cli.Commands;

/// <summary>`gateway broker run`: serves until told to end.</summary>
internal static class BrokerRunCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string?> store = StoreCommands.Option();
        Command command = new("run", "Runs the broker until Ctrl-C or SIGTERM.") { directory, store };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            using SealingSecret? secret = frame.Unlocking.Of(parsed, folder);
            BrokerOptions options = BrokerOptions.Load(folder, secret);
            if (parsed.GetValue(store) is { } database) options = options with { Store = database };
            BrokerSeams seams = new() { Time = frame.Surroundings.Time, Random = frame.Surroundings.Random, Logging = HostLogging.To(folder, "broker") };
            using MetricsExport? metrics = MetricsExport.Start(frame.Surroundings, options.MetricsEndpoint, "gateway-broker", options.Network, BrokerMetrics.MeterName);
            WebApplication app = await BrokerHost.BuildAsync(options, seams, cancellation);
            await HostRun.UntilToldAsync(app, () => output.Note($"ready: broker of {options.Network} listens on {string.Join(", ", app.Urls)}"), cancellation);
            return ExitCode.Ok;
        });
    }
}
