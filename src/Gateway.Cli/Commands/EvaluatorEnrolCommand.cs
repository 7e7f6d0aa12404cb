using System.CommandLine;
using Gateway.Broker.Evaluators;
using Gateway.Cli.Connect;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway evaluator enrol`: takes what the broker's operator has handed back.</summary>
internal static class EvaluatorEnrolCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> admission = new("ADMISSION") { Description = "The file that `gateway evaluator admit` wrote." };
        Option<string?> directory = CommandFrame.DirectoryOption("The evaluator's folder; GATEWAY_DIR or ./evaluator unless given.");
        Command command = new("enrol", "Completes an evaluator's folder with its certificate and what it pins.") { admission, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Evaluator);
            using SealingSecret? secret = frame.Unlocking.Of(parsed, folder);
            EvaluatorOptions options = EvaluatorOptions.Load(folder, secret);
            EvaluatorOptions enrolled = new EvaluatorInitialiser(frame.Surroundings.Random).Enrol(options, EvaluatorAdmissionFile.Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(admission)!), cancellation)));
            output.Result(
                new { enrolled.Directory, enrolled.Network, enrolled.Name, enrolled.Broker, enrolled.GenesisHash },
                console => console.MarkupLineInterpolated($"Evaluator [bold]{enrolled.Name}[/] is enrolled; it pins Genesis {enrolled.GenesisHash}\nCompare that with what members of the network pin. Start it: gateway evaluator run --dir {enrolled.Directory}"));
            return ExitCode.Ok;
        });
    }
}
