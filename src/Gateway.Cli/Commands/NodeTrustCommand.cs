using System.CommandLine;
using System.Text;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node trust`: the way back for a node that was away while the network's certificate authority changed.</summary>
internal static class NodeTrustCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        Option<string> authority = new("--certificate-authority") { Description = "The network's present authority, PEM, from the broker's operator.", HelpName = "FILE", Required = true };
        Option<string> fingerprint = new("--fingerprint") { Description = "SHA-256 of it, 64 hexadecimal digits, which the operator told you by another way.", HelpName = "HEX", Required = true };
        Command command = new("trust", "Trusts the network's present certificate authority, where this node was away while the old one was retired. The log must name it too, once it is read.") { directory, authority, fingerprint };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            NodeDirectory node = new(new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node));
            node.ReadSettings();
            string path = frame.PathOf(parsed.GetValue(authority)!);
            AuthoritySet set = AuthoritySet.FromPem(await File.ReadAllTextAsync(path, cancellation));
            string found = AuthoritySet.Fingerprint(set.Authorities[0]), told = parsed.GetValue(fingerprint)!.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
            if (set.Authorities.Count != 1 || !AuthoritySet.IsAuthority(set.Authorities[0].RawData)) throw new RefusalException(Refusal.Invalid("AUTHORITY_INVALID", "The file does not hold exactly one certificate of an authority.", path, "Ask the broker's operator for it."));
            if (!found.Equals(told, StringComparison.OrdinalIgnoreCase))
            {
                throw new RefusalException(Refusal.Denied("FINGERPRINT_DIFFERS", $"The certificate's fingerprint is {found}, not the one you were told.", path, "Do not trust it; ask the broker's operator again, by a way that nobody else controls."));
            }

            NodeDirectory.WriteWhole(node.TrustedFile, Encoding.ASCII.GetBytes(set.ToPem()));
            output.Result(new { Directory = node.Path, Fingerprint = found }, console => console.MarkupLineInterpolated($"Trusted until the log names it: {found}"));
            return ExitCode.Ok;
        });
    }
}
