using System.CommandLine;
using System.CommandLine.Invocation;
using Gateway.Cli.Commands;
using Gateway.Cli.Demo;
using Gateway.Cli.Lab;

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
            frame.Unlocking.PassphraseFile,
            frame.Unlocking.SecretFile,
            Group("broker", "The broker: makes it, runs it, shows how it does.", BrokerInitCommand.Create(frame), BrokerRunCommand.Create(frame), BrokerStatusCommand.Create(frame), BrokerRekeyCommand.Create(frame),
                Group("ca", "The network's certificate authorities.", BrokerAuthorityCommands.CreateRotate(frame), BrokerAuthorityCommands.CreateRetire(frame), BrokerAuthorityCommands.CreateList(frame))),
            Group("certificate", "Certificates that the broker has issued.", CertificateCommands.CreateList(frame), CertificateCommands.CreateDeny(frame)),
            Group("network", "The network.", NetworkExportCommand.Create(frame)),
            Group("member", "Members of the network.", MemberProposals(frame)),
            Group("change", "What operators decide, two of them.", ChangeCommands.List(frame), ChangeCommands.Show(frame), ChangeCommands.Approve(frame), ChangeCommands.Reject(frame)),
            Group("operator", "Operators of the broker.", OperatorCommands.Apply(frame), OperatorCommands.Propose(frame), OperatorCommands.Install(frame), OperatorCommands.Renew(frame), OperatorCommands.Remove(frame)),
            Group("audit", "What operators and officers did, in a chain.", AuditCommands.Export(frame), AuditCommands.Verify(frame)),
            Group("circle", "Circles: who exchanges what with whom.", CircleCreateCommand.Create(frame), CircleChangeCommand.Create(frame), CircleListCommand.Create(frame), CircleShowCommand.Show(frame), CircleShowCommand.Audience(frame),
                CircleOrderCommands.Accept(frame), CircleOrderCommands.Invite(frame), CircleOrderCommands.Remove(frame), CircleOrderCommands.Leave(frame)),
            Group("node", "A member's node: applies, makes it, runs it, shows how it does.", NodeApplyCommand.Create(frame), NodeInitCommand.Create(frame), NodeRunCommand.Create(frame), NodeStatusCommand.Create(frame), NodeRekeyCommand.Create(frame), NodeTrustCommand.Create(frame), NodeSettingsCommand.Create(frame)),
            Group(
                "evaluator",
                "Evaluators of pseudonyms under other operators than the broker's.",
                EvaluatorInitCommand.Create(frame),
                EvaluatorAdmitCommand.Create(frame),
                EvaluatorEnrolCommand.Create(frame),
                EvaluatorRunCommand.Create(frame),
                EvaluatorShareCommand.CreateShare(frame),
                EvaluatorShareCommand.CreateRotate(frame)),
            Group("reveal", "Traces a record to its contributor: two operators, an entry of the log, a proof anyone can check.", RevealCommands.CreateRequest(frame), RevealCommands.CreateVerify(frame)),
            QuotaCommand.Create(frame),
            PublishCommand.Create(frame),
            WithdrawCommand.Create(frame),
            RectifyCommand.Create(frame),
            RecordsCommand.Create(frame),
            AcknowledgementsCommand.Create(frame),
            Group("record", "Records, as operators of the broker see and end them.", RecordWithdrawCommand.Create(frame), RecordMisboundCommand.Create(frame)),
            Group("subject", "Requests of those whom data is about.", SubjectFindCommand.Create(frame)),
            ScreenCommand.Create(frame),
            QueryCommand.Create(frame),
            Group("watch", "Sellers of one's own, watched for records that arrive.", WatchAddCommand.Create(frame), WatchListCommand.Create(frame, check: false), WatchListCommand.Create(frame, check: true), WatchRemoveCommand.Create(frame)),
            AlertsCommand.Create(frame),
            DismissCommand.Create(frame),
            DismissalsCommand.Create(frame),
            Group("store", "Stores in PostgreSQL.", StoreCommands.Migrate(frame), StoreCommands.Copy(frame)),
            BackupCommand.Create(frame),
            RestoreCommand.Create(frame),
            Group("dispute", "Objections to records, and their decisions.", DisputeFileCommand.Create(frame), DisputeCommands.Open(frame), DisputeCommands.List(frame), DisputeCommands.Show(frame), DisputeCommands.Inbox(frame), DisputeCommands.Resolve(frame)),
            Group("outcome", "What came of hits.", OutcomeCommands.Report(frame), OutcomeCommands.Import(frame), OutcomeCommands.Summary(frame)),
            Group(
                "case", "Questions to the unnamed contributors of records, answers, referrals to police members.",
                CaseCommands.Open(frame), CaseReadCommands.List(frame), CaseReadCommands.Show(frame), CaseCommands.Answer(frame), CaseCommands.Attach(frame), CaseReadCommands.SaveAttachment(frame), CaseCommands.Refer(frame), CaseCommands.Close(frame), CaseReadCommands.Disclosures(frame)),
            Group("log", "The broker's log.", LogVerifyCommand.Create(frame), LogStandingCommands.Status(frame), LogStandingCommands.Checkpoint(frame), LogStandingCommands.Compare(frame), LogStandingCommands.Export(frame), LogEvidenceCommand.Create(frame)),
            DoctorCommand.Create(frame),
            SampleCommand.Create(frame),
            DemoCommand.Create(frame),
            Group("lab", "A whole network on this machine, from one description: brokers, nodes, links that can be cut.",
                LabCommands.Plan(frame), LabCommands.Up(frame), LabCommands.Down(frame), LabCommands.Status(frame), LabCommands.Kill(frame), LabCommands.Restart(frame), LabCommands.Partition(frame), LabCommands.Heal(frame), LabCommands.Relay(frame)),
        };
    }

    private static Command[] MemberProposals(CommandFrame frame) =>
    [
        MemberListCommand.Create(frame), MemberCommands.Propose(frame), MemberCommands.Applications(frame), MemberCommands.Sponsor(frame),
        MemberCommands.Suspend(frame), MemberCommands.Reinstate(frame), MemberCommands.Expel(frame), MemberCommands.Leave(frame),
    ];

    private static Command Group(string name, string description, params Command[] commands)
    {
        Command group = new(name, description);
        foreach (Command command in commands) group.Add(command);
        return group;
    }
}
