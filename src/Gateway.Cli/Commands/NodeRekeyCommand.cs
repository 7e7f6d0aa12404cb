using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node rekey`: seals the node's keys under another passphrase or secret file, and has it make a new TLS key.</summary>
internal static class NodeRekeyCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The node's folder; GATEWAY_DIR or ./node unless given.");
        (Option<string?> passphrase, Option<string?> secret) = RekeyOptions.Create();
        Command command = new("rekey", "Seals the node's keys under another passphrase or secret file. The node must not run; at its next start it gets a certificate for a new TLS key.") { directory, passphrase, secret };
        return frame.Handle(command, (parsed, output, _) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using SealingSecret? present = frame.Unlocking.Of(parsed, folder);
            NodeDirectory node = new(folder, present, frame.Surroundings.Random);
            node.ReadSettings();
            using NodeLock held = NodeLock.Take(node);
            using SealingSecret next = frame.Unlocking.ForNext(parsed.GetValue(passphrase), parsed.GetValue(secret));
            node.Rekey(next);
            output.Result(new { Directory = node.Path, SealedBy = next.ToString() }, console => console.MarkupLineInterpolated($"The keys in {node.Path} are sealed by {next.ToString()} from now on. Backups made before open with the old one."));
            return Task.FromResult(ExitCode.Ok);
        });
    }
}

/// <summary>The options of both `rekey` commands.</summary>
internal static class RekeyOptions
{
    public static (Option<string?> Passphrase, Option<string?> Secret) Create() => (
        new Option<string?>("--new-passphrase-file") { Description = "File whose first line is the new passphrase; asked for on a terminal unless given.", HelpName = "FILE" },
        new Option<string?>("--new-secret-file") { Description = "File of 32 random bytes or more that opens the keys from now on, in place of a passphrase.", HelpName = "FILE" });
}
