using System.CommandLine;
using System.Text;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node apply`: makes an organisation's keys and the application that states them.</summary>
internal static class NodeApplyCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> name = new("NAME") { Description = "Name of the organisation, as other members see it." };
        Option<string> role = new("--role") { Description = "RETAILER, CUSTOMS, POLICE, RIGHTS_HOLDER or INTERMEDIARY.", Required = true };
        role.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.Roles.All]);
        Option<string> network = new("--network") { Description = "The network's file from a broker's operator.", HelpName = "FILE", Required = true };
        Option<string> contact = new("--contact") { Description = "Responsible person.", HelpName = "NAME", Required = true };
        Option<string> email = new("--email") { Description = "The person's e-mail address.", HelpName = "ADDRESS", Required = true };
        Option<string> phone = new("--phone") { Description = "The person's telephone number.", HelpName = "NUMBER", Required = true };
        Option<string> file = new("--out") { Description = "File to write, for a broker's operator.", HelpName = "FILE", Required = true };
        Option<string?> directory = CommandFrame.DirectoryOption("Folder to make; GATEWAY_DIR or ./node unless given.");
        Option<bool> unsealed = CommandFrame.UnsealedOption();
        Command command = new("apply", "Makes the keys of a new member and its application to a network.") { name, role, network, contact, email, phone, file, directory, unsealed };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            using SealingSecret? secret = frame.Unlocking.ForNew(parsed, parsed.GetValue(unsealed));
            NodeDirectory node = new(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node), secret, frame.Surroundings.Random);
            NodeInitCommand.RequireShortPath(node);
            NetworkFile pinned = NetworkFile.Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(network)!), cancellation));
            Contacts contacts = new() { Name = parsed.GetValue(contact)!, Email = parsed.GetValue(email)!, Phone = parsed.GetValue(phone)! };
            ApplicationFile application = new NodeEnrolment(frame.Surroundings.Random).Apply(node, pinned, parsed.GetValue(name)!, Codes.Roles.Parse(parsed.GetValue(role)!), contacts);
            string path = frame.PathOf(parsed.GetValue(file)!);
            if (File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already.", path, "Name another file."));
            NodeDirectory.WriteSecret(path, Encoding.UTF8.GetBytes(application.ToJson()));
            (SignedStatement statement, MemberJoined joined) = NodeEnrolment.StatementOf(application);
            string fingerprint = ChangeText.FingerprintOf(statement);
            output.Result(
                new { Directory = node.Path, application.Network, application.GenesisHash, MemberId = Convert.ToHexStringLower(joined.MemberId.Span), joined.Name, Fingerprint = fingerprint, File = path },
                console => console.MarkupLineInterpolated($"Application of [bold]{joined.Name}[/] to {application.Network} written to {path}\nIts fingerprint, for the operators and sponsors to compare: {fingerprint}\nThe network's Genesis, for you to compare with the operators: {application.GenesisHash}\nKeep a backup of {node.SeedFile}{(secret is null ? "" : " and " + SecretFolder.KeyFile)}: without it this node cannot act as the member."));
            return ExitCode.Ok;
        });
    }
}
