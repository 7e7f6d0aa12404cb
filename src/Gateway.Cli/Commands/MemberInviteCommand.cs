using System.CommandLine;
using System.Text;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway member invite`: has the broker draw an invitation and writes the file the organisation gets.</summary>
internal static class MemberInviteCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> name = new("NAME") { Description = "Name of the organisation, as other members see it." };
        Option<string> role = new("--role") { Description = "RETAILER, CUSTOMS, POLICE, RIGHTS_HOLDER or INTERMEDIARY.", Required = true };
        role.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.Roles.All]);
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator to act as.", HelpName = "NAME", DefaultValueFactory = _ => "operator-1" };
        Option<TimeSpan> valid = new("--valid") { Description = "How long the invitation may be used, e.g. 12h or 7d.", HelpName = "TIME", DefaultValueFactory = _ => TimeSpan.FromDays(7), CustomParser = Duration.Parse };
        Option<string> file = new("--out") { Description = "File to write; keep it like a password.", HelpName = "FILE", Required = true };
        Command command = new("invite", "Invites an organisation: writes the file its `gateway node init` needs.") { name, role, directory, operatorName, valid, file };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            string path = frame.PathOf(parsed.GetValue(file)!);
            if (File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already; it may hold another invitation.", path, "Name another file."));
            BrokerOptions options = BrokerOptions.Load(folder);
            MemberRole memberRole = Codes.Roles.Parse(parsed.GetValue(role)!);
            using BrokerAccess broker = BrokerAccess.AsOperator(folder, parsed.GetValue(operatorName)!, frame.Unlocking.Of(parsed, folder));
            CreateInvitationRequest request = new() { Name = parsed.GetValue(name)!, Role = memberRole, ValidSeconds = (uint)parsed.GetValue(valid).TotalSeconds };
            CreateInvitationResponse invited;
            try
            {
                invited = await broker.Members.CreateInvitationAsync(request, deadline: broker.Deadline, cancellationToken: cancellation);
            }
            catch (RpcException fault)
            {
                throw BrokerAccess.Explain(fault);
            }

            InvitationFile invitation = new()
            {
                Network = options.Network,
                Broker = options.AdvertisedAddress,
                CertificateAuthority = await File.ReadAllTextAsync(options.Files.AuthorityCertificate, cancellation),
                GenesisHash = Convert.ToHexStringLower(invited.GenesisHash.Span),
                MemberId = Convert.ToHexStringLower(invited.MemberId.Span),
                Name = request.Name,
                Role = Codes.Roles.Of(memberRole),
                Token = Convert.ToHexStringLower(invited.Token.Span),
                ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(invited.ExpiresAt),
            };
            NodeDirectory.WriteSecret(path, Encoding.UTF8.GetBytes(invitation.ToJson()));
            output.Result(
                new { invitation.MemberId, invitation.Name, invitation.Role, invitation.ExpiresAt, File = path },
                console => console.MarkupLineInterpolated($"Invitation of [bold]{invitation.Name}[/] ({invitation.Role}) written to {path}\nIt can be used once, until {invitation.ExpiresAt:yyyy-MM-dd HH:mm} UTC; hand it over like a password."));
            return ExitCode.Ok;
        });
    }
}
