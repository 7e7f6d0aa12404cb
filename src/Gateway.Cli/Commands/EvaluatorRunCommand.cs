using System.CommandLine;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Observation;
using Gateway.Cli.Connect;
using Gateway.Cli.Hosting;
using Gateway.Storage.Secrets;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Cli.Commands;

/// <summary>`gateway evaluator run`: serves until told to end.</summary>
internal static class EvaluatorRunCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The evaluator's folder; GATEWAY_DIR or ./evaluator unless given.");
        Command command = new("run", "Runs the evaluator until Ctrl-C or SIGTERM.") { directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Evaluator);
            using SealingSecret? secret = frame.Unlocking.Of(parsed, folder);
            EvaluatorOptions options = EvaluatorOptions.Load(folder, secret);
            EvaluatorSeams seams = new() { Time = frame.Surroundings.Time, Random = frame.Surroundings.Random, Logging = HostLogging.To(folder, "evaluator") };
            using MetricsExport? metrics = MetricsExport.Start(frame.Surroundings, options.MetricsEndpoint, "gateway-evaluator", options.Name, BrokerMetrics.MeterName);
            WebApplication app = await EvaluatorHost.BuildAsync(options, seams, cancellation);
            await HostRun.UntilToldAsync(app, () => output.Note($"ready: evaluator {options.Name} of {options.Network} listens on {string.Join(", ", app.Urls)}"), cancellation);
            return ExitCode.Ok;
        });
    }
}
