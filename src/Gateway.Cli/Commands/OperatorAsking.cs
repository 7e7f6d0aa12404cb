using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Commands;

/// <summary>The two options by which a command acts as an operator.</summary>
internal sealed class OperatorAsking(CommandFrame frame)
{
    private readonly Option<string?> _directory = CommandFrame.DirectoryOption("The broker's folder, where the operator's file lies there; GATEWAY_DIR or ./broker unless given.");
    private readonly Option<string> _operator = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };

    /// <summary>Gives a command the options.</summary>
    public Command On(Command command)
    {
        command.Add(_operator);
        command.Add(_directory);
        return command;
    }

    /// <summary>The way to the broker.</summary>
    public BrokerAccess Open(ParseResult parsed)
    {
        string stated = parsed.GetValue(_operator)!, file = frame.PathOf(stated);
        return BrokerAccess.AsOperator(new Folder(frame.Surroundings).Of(parsed.GetValue(_directory), FolderKind.Broker), File.Exists(file) ? file : stated);
    }

    /// <summary>Proposes a change.</summary>
    public static async Task<ChangeRecord> ProposeAsync(BrokerAccess broker, Change change, CancellationToken cancellation) =>
        (await BrokerAccess.AskAsync(deadline => broker.Administration.ProposeChangeAsync(new ProposeChangeRequest { Change = change }, deadline: deadline, cancellationToken: cancellation))).Change;
}
