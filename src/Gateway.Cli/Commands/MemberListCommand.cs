using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway member list`: the directory of members, as the folder's owner sees it.</summary>
internal static class MemberListCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("A broker's or a node's folder; GATEWAY_DIR, ./node or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Command command = new("list", "Lists the members of the network; for operators also invitations not used yet.") { directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            GetDirectoryResponse network = await DirectoryListing.ReadAsync(frame, parsed, parsed.GetValue(directory), parsed.GetValue(operatorName)!, cancellation);
            output.Result(
                new
                {
                    Members = network.Members.Select(member => new
                    {
                        MemberId = Convert.ToHexStringLower(member.Member.MemberId.Span),
                        member.Member.Name,
                        Role = Codes.Roles.Of(member.Member.Role),
                        Standing = Codes.Standings.Of(member.Standing),
                        Reason = Codes.Reasons.Of(member.Reason),
                        Joined = new UtcDay(member.JoinedDay).ToString(),
                        LastSeen = member.LastSeen == 0 ? null : (DateTimeOffset?)DateTimeOffset.FromUnixTimeSeconds(member.LastSeen),
                    }),
                    OpenInvitations = network.OpenInvitations.Select(open => new
                    {
                        MemberId = Convert.ToHexStringLower(open.MemberId.Span),
                        open.Name,
                        Role = Codes.Roles.Of(open.Role),
                        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(open.ExpiresAt),
                    }),
                },
                console => Draw(console, network));
            return ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, GetDirectoryResponse network)
    {
        Table table = Tables.Of("Member", "Role", "Standing", "Joined", "Last seen", "Id");
        foreach (DirectoryMember member in network.Members)
        {
            string seen = member.LastSeen == 0 ? "" : DateTimeOffset.FromUnixTimeSeconds(member.LastSeen).ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);
            table.AddText(member.Member.Name, Codes.Roles.Of(member.Member.Role), StandingOf(member), new UtcDay(member.JoinedDay).ToString(), seen, Convert.ToHexStringLower(member.Member.MemberId.Span));
        }

        foreach (OpenInvitation open in network.OpenInvitations)
        {
            table.AddText(open.Name, Codes.Roles.Of(open.Role), "invited", "", "", Convert.ToHexStringLower(open.MemberId.Span));
        }

        console.Write(table);
    }

    private static string StandingOf(DirectoryMember member) =>
        Codes.Standings.Of(member.Standing).ToLowerInvariant() + (member.Reason == MembershipReason.Unspecified ? "" : $" ({Codes.Reasons.Of(member.Reason)})");
}
