using System.CommandLine;
using Gateway.Cli.Circles;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway circle create`: founds a circle after a template.</summary>
internal static class CircleCreateCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> name = new("NAME") { Description = "Short name people type: a–z, 0–9 and '-', at most 32 characters." };
        Option<string> template = new("--template") { Description = "The policy to start from.", Required = true };
        template.AcceptOnlyFromAmong([.. CircleTemplate.Names]);
        Option<string> steward = new("--steward") { Description = "Name of the member that makes the circle's keys.", HelpName = "MEMBER", Required = true };
        Option<string[]> members = new("--member") { Description = "Name of a founding member; may be repeated. The steward is one anyhow.", HelpName = "MEMBER", Required = true };
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Option<string?> purpose = new("--purpose") { Description = "What the circle is for; the template's unless given.", HelpName = "TEXT" };
        Option<string?> basis = new("--legal-basis") { Description = "Legal basis of the exchange; the template's unless given.", HelpName = "TEXT" };
        Option<uint?> retention = new("--retention-days") { Description = "Longest life of a record, 1 to 3,650 days; the template's unless given.", HelpName = "N" };
        Option<uint?> deletion = new("--deletion-limit-hours") { Description = "Hours within which nodes are to have deleted what has ended; 24 unless given, at most 720.", HelpName = "N" };
        Option<string?> evidence = new("--minimum-evidence") { Description = "Weakest evidence grade taken, e.g. TEST_PURCHASE; the template's unless given.", HelpName = "GRADE" };
        evidence.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.Evidence.All]);
        Option<string?> names = new("--name-matching") { Description = "COMPOUND_ONLY, FUZZY_ORGANISATIONS or FUZZY_ALL; the template's unless given. With name matching, treat the words of every record's names as readable by every member of the circle.", HelpName = "POLICY" };
        names.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.NameMatchings.All]);
        Option<DateOnly?> first = new("--not-before") { Description = "First day on which the circle exchanges records; from the beginning unless given.", HelpName = "YYYY-MM-DD" };
        Option<DateOnly?> last = new("--not-after") { Description = "Last day on which the circle exchanges records; an operation has one.", HelpName = "YYYY-MM-DD" };
        Command command = new("create", "Proposes to found a circle; another operator approves it.") { name, template, steward, members, directory, operatorName, purpose, basis, retention, deletion, evidence, names, first, last };
        CircleJusticeOptions justice = new();
        return frame.Handle(justice.On(command), async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            using BrokerAccess broker = BrokerAccess.AsOperator(folder, parsed.GetValue(operatorName)!);
            GetDirectoryResponse network = await DirectoryListing.ReadAsync(broker, cancellation);
            CirclePolicy policy = CircleTemplate.Find(parsed.GetValue(template)!)!;
            policy.Name = parsed.GetValue(name)!;
            policy.StewardId = IdOf(parsed.GetValue(steward)!, network);
            policy.FoundingMemberIds.AddRange(parsed.GetValue(members)!.Prepend(parsed.GetValue(steward)!).Select(member => IdOf(member, network)).Distinct());
            policy.Purpose = parsed.GetValue(purpose) ?? policy.Purpose;
            policy.LegalBasis = parsed.GetValue(basis) ?? policy.LegalBasis;
            policy.MaximumRetentionDays = parsed.GetValue(retention) ?? policy.MaximumRetentionDays;
            policy.DeletionLimitHours = parsed.GetValue(deletion) ?? policy.DeletionLimitHours;
            if (parsed.GetValue(evidence) is { } grade && Codes.Evidence.TryParse(grade, out EvidenceGrade weakest)) policy.MinimumEvidenceGrade = weakest;
            if (parsed.GetValue(names) is { } matching && Codes.NameMatchings.TryParse(matching, out NameMatching nameMatching)) policy.NameMatching = nameMatching;
            justice.Apply(parsed, policy, network);
            policy.NotBeforeDay = DayOf(parsed.GetValue(first));
            policy.NotAfterDay = DayOf(parsed.GetValue(last));
            if (parsed.GetValue(template) == "operation" && policy.NotAfterDay == 0) throw new RefusalException(Refusal.Invalid("OPERATION_WITHOUT_END", "An operation has a last day.", "--not-after", "State it."));
            ChangeRecord change = (await BrokerAccess.AskAsync(deadline => broker.Administration.ProposeChangeAsync(
                new ProposeChangeRequest { Change = new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } } }, deadline: deadline, cancellationToken: cancellation))).Change;
            output.Result(
                new { ChangeId = change.Id, policy.Name, Steward = parsed.GetValue(steward), Members = policy.FoundingMemberIds.Count, RetentionDays = policy.MaximumRetentionDays },
                console => console.MarkupLineInterpolated($"Circle [bold]{policy.Name}[/] for {policy.FoundingMemberIds.Count} members is proposed as change {change.Id}; another operator approves it: {ChangeCommands.ApprovalOf(change)}\nThen each member accepts it at its own node: gateway circle accept {policy.Name}; the steward names with --member whom the first key is for."));
            return ExitCode.Ok;
        });
    }

    private static uint DayOf(DateOnly? day) => day is { } stated ? UtcDay.Of(new DateTimeOffset(stated, TimeOnly.MinValue, TimeSpan.Zero)).Number : 0;

    /// <summary>The id of the member with a name; the one that is there where others of that name are gone.</summary>
    public static ByteString IdOf(string name, GetDirectoryResponse network) =>
        network.Members.OrderBy(member => member.Standing).FirstOrDefault(member => member.Member.Name == name)?.Member.MemberId
        ?? throw new RefusalException(Refusal.NotFound("MEMBER_UNKNOWN", "No member of the network has this name.", name, "See `gateway member list`; an organisation is a member once its `gateway node init` has run."));
}
