using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway evaluator share`, `rotate` and `approve`: the OPRF keys are shared out anew, by two operators, without changing a pseudonym.</summary>
internal static class EvaluatorShareCommand
{
    public static Command CreateShare(CommandFrame frame) => Propose(frame, "share", "Proposes to give an admitted evaluator a share of the OPRF keys. Another operator approves it.");

    public static Command CreateRotate(CommandFrame frame) => Propose(frame, "rotate", "Proposes fresh shares for the broker and an evaluator; no pseudonym changes. Another operator approves it.");

    public static Command CreateApprove(CommandFrame frame)
    {
        Argument<ulong> id = new("CHANGE") { Description = "Number of the proposal." };
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator to act as: another than who proposed it.", HelpName = "NAME", Required = true };
        Command command = new("approve", "Approves a proposal of `share` or `rotate`: the share waits for its evaluator from then on.") { id, directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = BrokerAccess.AsOperator(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker), parsed.GetValue(operatorName)!);
            ChangeRecord change = (await OperatorCall.ApproveAsync(broker, parsed.GetValue(id), cancellation)).Change;
            output.Result(
                new { change.Id, Evaluator = change.Change.OprfKeys.ShareWith, change.Author, change.DecidedBy },
                console => console.MarkupLineInterpolated($"The share of [bold]{change.Change.OprfKeys.ShareWith}[/] waits for it; it is in force when `gateway broker status` says so."));
            return ExitCode.Ok;
        });
    }

    private static Command Propose(CommandFrame frame, string verb, string description)
    {
        Argument<string> name = new("NAME") { Description = "Name of the evaluator." };
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator to act as.", HelpName = "NAME", DefaultValueFactory = _ => "operator-1" };
        Command command = new(verb, description) { name, directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = BrokerAccess.AsOperator(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker), parsed.GetValue(operatorName)!);
            ChangeRecord change = await OperatorCall.ProposeAsync(broker, new Change { OprfKeys = new OprfKeysChange { ShareWith = parsed.GetValue(name)! } }, cancellation);
            output.Result(
                new { change.Id, Evaluator = parsed.GetValue(name), change.Author, ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(change.ExpiresAt) },
                console => console.MarkupLineInterpolated($"Change [bold]{change.Id}[/] is proposed. Another operator approves it: gateway evaluator approve {change.Id} --operator NAME"));
            return ExitCode.Ok;
        });
    }
}
