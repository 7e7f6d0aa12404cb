using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Circles;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway circle show` and `gateway circle audience`: a circle's rules and people, and who would see a record, by this node's own log.</summary>
internal static class CircleShowCommand
{
    public static Command Show(CommandFrame frame) => Make(frame, "show", "Shows a circle: its policy, who publishes and reads in it, what waits.", (output, circle) => output.Result(
        new
        {
            circle.Policy.Name,
            CircleId = Convert.ToHexStringLower(circle.Policy.CircleId.Span),
            circle.Policy.Purpose,
            circle.Policy.LegalBasis,
            circle.Open,
            FirstDay = DayOf(circle.Policy.NotBeforeDay),
            LastDay = DayOf(circle.Policy.NotAfterDay),
            MinimumEvidence = Codes.Evidence.Of(circle.Policy.MinimumEvidenceGrade),
            RetentionDays = circle.Policy.MaximumRetentionDays,
            NameMatching = Codes.NameMatchings.Of(circle.Policy.NameMatching),
            circle.Policy.ReleaseWindowSeconds,
            circle.Policy.DisclosesRole,
            circle.Policy.ScreensConsigneePersons,
            Epochs = circle.EpochCount,
            Members = circle.Participants.Select(one => new { one.Name, MemberId = Hex(one.MemberId), Role = Codes.Roles.Of(one.Role), one.MayPublish, one.MayRead, one.Admitted, one.Steward }),
            Waiting = circle.Orders.Select(order => new { order.Name, MemberId = Hex(order.MemberId), Change = order.Change == CircleMemberChange.Added ? "INVITED" : "TO_BE_REMOVED" }),
        },
        console => Draw(console, circle)));

    public static Command Audience(CommandFrame frame) => Make(frame, "audience", "Says who will see a record published in a circle, and whether it tells who contributed it.", (output, circle) => output.Result(
        AudienceText.Json(circle), console => AudienceText.Draw(console, circle)));

    private static Command Make(CommandFrame frame, string verb, string description, Action<CommandOutput, GetCircleResponse> write)
    {
        Argument<string> name = new("CIRCLE") { Description = "Name of the circle." };
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Command command = new(verb, description) { name, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using LocalNode node = LocalNode.Open(folder);
            write(output, await AudienceText.ReadAsync(node, folder, parsed.GetValue(name)!, cancellation));
            return ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, GetCircleResponse circle)
    {
        CirclePolicy policy = circle.Policy;
        Table rules = Tables.Of("Rule", policy.Name);
        rules.AddText("Purpose", policy.Purpose);
        rules.AddText("Legal basis", policy.LegalBasis);
        rules.AddText("Days", $"{DayOf(policy.NotBeforeDay) ?? "from the beginning"} to {DayOf(policy.NotAfterDay) ?? "no end"}{(circle.Open ? "" : " (closed today)")}");
        rules.AddText("Weakest evidence", Codes.Evidence.Of(policy.MinimumEvidenceGrade));
        rules.AddText("Kept at most", string.Create(CultureInfo.InvariantCulture, $"{policy.MaximumRetentionDays} days"));
        rules.AddText("Names", Codes.NameMatchings.Of(policy.NameMatching));
        rules.AddText("Keys", circle.EpochCount == 0 ? "none yet" : string.Create(CultureInfo.InvariantCulture, $"{circle.EpochCount} epochs"));
        DisputeTerms disputes = DisputeTerms.Of(policy);
        string desks = string.Join(", ", disputes.Desks.Select(desk => circle.Participants.FirstOrDefault(one => one.MemberId.Span.SequenceEqual(desk.ToArray()))?.Name ?? desk.ToString()));
        rules.AddText("Disputes", string.Create(CultureInfo.InvariantCulture, $"decided by {(desks.Length > 0 ? desks : "nobody")} within {disputes.DeadlineDays} days, else {(disputes.OverdueRecordsStay ? "the record stays disputed" : "the record is withdrawn")}"));
        console.Write(rules);
        Table people = Tables.Of("Member", "Role", "Publishes", "Reads", "", "Id");
        foreach (CircleParticipant one in circle.Participants)
        {
            people.AddText(one.Name, Codes.Roles.Of(one.Role), one.MayPublish ? "yes" : "no", one.MayRead ? "yes" : "no", string.Join(", ", Marks(one)), Hex(one.MemberId));
        }

        console.Write(people);
        foreach (CircleOrder order in circle.Orders) console.WriteLine($"Waiting: {order.Name} is {(order.Change == CircleMemberChange.Added ? "invited and has not come in" : "to be removed")}.");
    }

    private static IEnumerable<string> Marks(CircleParticipant one)
    {
        if (one.Steward) yield return "steward";
        if (!one.Admitted) yield return "founder";
    }

    private static string? DayOf(uint day) => day == 0 ? null : new UtcDay(day).ToString();

    private static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);
}
