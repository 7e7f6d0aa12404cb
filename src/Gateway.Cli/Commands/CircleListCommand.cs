using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway circle list`: the circles of the network, as the folder's owner sees them.</summary>
internal static class CircleListCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("A broker's or a node's folder; GATEWAY_DIR, ./node or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Command command = new("list", "Lists the circles of the network with their members and rules.") { directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            GetDirectoryResponse network = await DirectoryListing.ReadAsync(frame, parsed, parsed.GetValue(directory), parsed.GetValue(operatorName)!, cancellation);
            Dictionary<Google.Protobuf.ByteString, string> names = network.Members.ToDictionary(member => member.Member.MemberId, member => member.Member.Name);
            output.Result(
                new
                {
                    Circles = network.Circles.Select(circle => new
                    {
                        CircleId = Convert.ToHexStringLower(circle.Policy.CircleId.Span),
                        circle.Policy.Name,
                        circle.Policy.Purpose,
                        circle.Policy.LegalBasis,
                        Steward = names.GetValueOrDefault(circle.Policy.StewardId, ""),
                        Members = circle.MemberIds.Select(id => names.GetValueOrDefault(id, "")),
                        PublishingRoles = circle.Policy.PublishingRoles.Select(Codes.Roles.Of),
                        ReadingRoles = circle.Policy.ReadingRoles.Select(Codes.Roles.Of),
                        MinimumEvidence = Codes.Evidence.Of(circle.Policy.MinimumEvidenceGrade),
                        RetentionDays = circle.Policy.MaximumRetentionDays,
                        Epochs = circle.EpochCount,
                        circle.LiveRecords,
                    }),
                },
                console => Draw(console, network, names));
            return ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, GetDirectoryResponse network, Dictionary<Google.Protobuf.ByteString, string> names)
    {
        Table table = Tables.Of("Circle", "Steward", "Members", "Keys", "Evidence", "Days", "Purpose");
        foreach (DirectoryCircle circle in network.Circles)
        {
            table.AddText(
                circle.Policy.Name,
                names.GetValueOrDefault(circle.Policy.StewardId, ""),
                string.Join(", ", circle.MemberIds.Select(id => names.GetValueOrDefault(id, ""))),
                circle.EpochCount == 0 ? "none yet" : string.Create(CultureInfo.InvariantCulture, $"{circle.EpochCount} epochs"),
                Codes.Evidence.Of(circle.Policy.MinimumEvidenceGrade),
                circle.Policy.MaximumRetentionDays.ToString(CultureInfo.InvariantCulture),
                circle.Policy.Purpose);
        }

        console.Write(table);
    }
}
