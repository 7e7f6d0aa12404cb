using System.CommandLine;
using System.CommandLine.Invocation;
using Gateway.Cli.Commands;
using Gateway.Cli.Demo;

namespace Gateway.Cli;

/// <summary>The command `gateway` with everything under it.</summary>
public static class GatewayCommand
{
    // A host gets ten seconds to end its calls; then the process goes.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, Surroundings surroundings, CancellationToken cancellation)
    {
        ParseResult parsed = Build(surroundings).Parse(arguments.Length == 0 ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (string error in parsed.Errors.Select(error => error.Message).Distinct()) await surroundings.Error.WriteLineAsync($"gateway: {error}");
            await surroundings.Error.WriteLineAsync("Add --help to a command to see what it takes.");
            return ExitCode.Usage;
        }

        InvocationConfiguration configuration = new()
        {
            Output = surroundings.Out,
            Error = surroundings.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = surroundings.HearsSignals ? TerminationTimeout : null,
        };
        return await parsed.InvokeAsync(configuration, cancellation);
    }

    /// <summary>The tree of commands.</summary>
    public static RootCommand Build(Surroundings surroundings)
    {
        CommandFrame frame = new(surroundings);
        return new RootCommand("Organisations that fight counterfeiting exchange signed, pseudonymised records through a neutral broker.")
        {
            frame.Json,
            Group("broker", "The broker: makes and runs it.", BrokerInitCommand.Create(frame), BrokerRunCommand.Create(frame), BrokerStatusCommand.Create(frame)),
            Group("member", "Members of the network.", MemberInviteCommand.Create(frame), MemberListCommand.Create(frame)),
            Group("circle", "Circles: who exchanges what with whom.", CircleCreateCommand.Create(frame), CircleListCommand.Create(frame)),
            Group("node", "A member's node: makes and runs it.", NodeInitCommand.Create(frame), NodeRunCommand.Create(frame), NodeStatusCommand.Create(frame)),
            Group(
                "evaluator",
                "Evaluators of pseudonyms under other operators than the broker's.",
                EvaluatorInitCommand.Create(frame),
                EvaluatorAdmitCommand.Create(frame),
                EvaluatorEnrolCommand.Create(frame),
                EvaluatorRunCommand.Create(frame),
                EvaluatorShareCommand.CreateShare(frame),
                EvaluatorShareCommand.CreateRotate(frame),
                EvaluatorShareCommand.CreateApprove(frame)),
            Group("reveal", "Traces a record to its contributor: two operators, an entry of the log, a proof anyone can check.", RevealCommands.CreateRequest(frame), RevealCommands.CreateApprove(frame), RevealCommands.CreateVerify(frame)),
            QuotaCommand.Create(frame),
            PublishCommand.Create(frame),
            WithdrawCommand.Create(frame),
            RecordsCommand.Create(frame),
            ScreenCommand.Create(frame),
            QueryCommand.Create(frame),
            Group("log", "The broker's log.", LogVerifyCommand.Create(frame)),
            DoctorCommand.Create(frame),
            SampleCommand.Create(frame),
            DemoCommand.Create(frame),
        };
    }

    private static Command Group(string name, string description, params Command[] commands)
    {
        Command group = new(name, description);
        foreach (Command command in commands) group.Add(command);
        return group;
    }
}
