using System.CommandLine;
using Gateway.Broker.Evaluators;
using Gateway.Cli.Connect;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway evaluator init`: makes an evaluator's folder and the request for the broker's operator.</summary>
internal static class EvaluatorInitCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("Folder to make; GATEWAY_DIR or ./evaluator unless given.");
        Option<string> network = new("--network") { Description = "Name of the network.", HelpName = "NAME", Required = true };
        Option<string> name = new("--name") { Description = "Name of the evaluator: a–z, 0–9 and '-'.", HelpName = "NAME", Required = true };
        Option<string> listen = new("--listen") { Description = "Address and port to listen on.", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:7444" };
        Option<string?> address = new("--address") { Description = "Address under which nodes reach the evaluator; https://localhost with the port listened on unless given.", HelpName = "URL" };
        Option<bool> unsealed = CommandFrame.UnsealedOption();
        Command command = new("init", "Makes an evaluator: keys, folder, and the request to hand to the broker's operator.") { directory, network, name, listen, address, unsealed };
        return frame.Handle(command, (parsed, output, _) =>
        {
            string listening = parsed.GetValue(listen)!;
            using SealingSecret? secret = frame.Unlocking.ForNew(parsed, parsed.GetValue(unsealed));
            EvaluatorOptions options = new()
            {
                Secret = secret,
                Directory = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Evaluator),
                Network = parsed.GetValue(network)!,
                Name = parsed.GetValue(name)!,
                Listen = listening,
                Address = parsed.GetValue(address) ?? "https://localhost:" + listening[(listening.LastIndexOf(':') + 1)..],
            };
            EvaluatorRequestFile request = new EvaluatorInitialiser(frame.Surroundings.Random).Initialise(options);
            output.Result(
                new { options.Directory, request.Network, request.Name, request.Address, request.BoxKey, Request = options.Files.Request },
                console => console.MarkupLineInterpolated($"Evaluator [bold]{request.Name}[/] of {request.Network} made in {options.Directory}\nHand {options.Files.Request} to the broker's operator, and read him the box key over the telephone:\n{request.BoxKey}"));
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
