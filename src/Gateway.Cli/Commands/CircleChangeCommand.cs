using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Commands;

/// <summary>`gateway circle change`: proposes another policy or steward for a circle.</summary>
internal static class CircleChangeCommand
{
    public static Command Create(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<string> name = new("NAME") { Description = "Name of the circle." };
        Option<string?> steward = new("--steward") { Description = "Another member of the circle that makes its keys from then on.", HelpName = "MEMBER" };
        Option<string?> purpose = new("--purpose") { Description = "What the circle is for.", HelpName = "TEXT" };
        Option<string?> basis = new("--legal-basis") { Description = "Legal basis of the exchange.", HelpName = "TEXT" };
        Option<uint?> retention = new("--retention-days") { Description = "Longest life of a record, 1 to 3,650 days.", HelpName = "N" };
        Option<uint?> deletion = new("--deletion-limit-hours") { Description = "Hours within which nodes are to have deleted what has ended; 0: 24. At most 720.", HelpName = "N" };
        Option<string?> evidence = new("--minimum-evidence") { Description = "Weakest evidence grade taken, e.g. TEST_PURCHASE.", HelpName = "GRADE" };
        evidence.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.Evidence.All]);
        Command command = new("change", "Proposes to change a circle's policy or steward; another operator approves it.") { name, steward, purpose, basis, retention, deletion, evidence };
        CircleJusticeOptions justice = new();
        return frame.Handle(asking.On(justice.On(command)), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            GetDirectoryResponse network = await DirectoryListing.ReadAsync(broker, cancellation);
            CirclePolicy policy = network.Circles.FirstOrDefault(circle => circle.Policy.Name == parsed.GetValue(name))?.Policy.Clone()
                ?? throw new RefusalException(Refusal.NotFound("CIRCLE_UNKNOWN", "There is no such circle.", parsed.GetValue(name)!, "See `gateway circle list`."));
            if (parsed.GetValue(steward) is { } stewarding) policy.StewardId = CircleCreateCommand.IdOf(stewarding, network);
            policy.Purpose = parsed.GetValue(purpose) ?? policy.Purpose;
            policy.LegalBasis = parsed.GetValue(basis) ?? policy.LegalBasis;
            policy.MaximumRetentionDays = parsed.GetValue(retention) ?? policy.MaximumRetentionDays;
            policy.DeletionLimitHours = parsed.GetValue(deletion) ?? policy.DeletionLimitHours;
            if (parsed.GetValue(evidence) is { } grade && Codes.Evidence.TryParse(grade, out EvidenceGrade weakest)) policy.MinimumEvidenceGrade = weakest;
            justice.Apply(parsed, policy, network);
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } }, cancellation));
            return ExitCode.Ok;
        });
    }
}
