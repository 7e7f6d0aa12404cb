using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Commands;

/// <summary>`gateway evaluator share` and `rotate`: the OPRF keys are shared out anew, by two operators, without changing a pseudonym.</summary>
internal static class EvaluatorShareCommand
{
    public static Command CreateShare(CommandFrame frame) => Propose(frame, "share", "Proposes to give an admitted evaluator a share of the OPRF keys. Another operator approves it with `gateway change approve`.");

    public static Command CreateRotate(CommandFrame frame) => Propose(frame, "rotate", "Proposes fresh shares for the broker and an evaluator; no pseudonym changes. Another operator approves it with `gateway change approve`.");

    private static Command Propose(CommandFrame frame, string verb, string description)
    {
        Argument<string> name = new("NAME") { Description = "Name of the evaluator." };
        OperatorAsking asking = new(frame);
        return frame.Handle(asking.On(new Command(verb, description) { name }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { OprfKeys = new OprfKeysChange { ShareWith = parsed.GetValue(name)! } }, cancellation));
            return ExitCode.Ok;
        });
    }
}
