using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway node init`: makes a node out of an invitation.</summary>
internal static class NodeInitCommand
{
    // sockaddr_un holds 108 bytes on Linux, 104 on macOS, with the closing zero.
    private const int LongestSocketPath = 103;

    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("Folder to make; GATEWAY_DIR or ./node unless given.");
        Option<string> invitation = new("--invitation") { Description = "The file from the broker's operator.", HelpName = "FILE", Required = true };
        Option<int> port = new("--api-port") { Description = "Loopback port of the local API besides the socket; 0: none.", HelpName = "N", DefaultValueFactory = _ => 0 };
        Command command = new("init", "Makes a node of the folder in which its organisation applied: enrolment at the broker, settings.") { directory, invitation, port };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Node);
            using SealingSecret? secret = frame.Unlocking.Of(parsed, folder);
            NodeDirectory node = new(folder, secret, frame.Surroundings.Random);
            RequireShortPath(node);
            string path = frame.PathOf(parsed.GetValue(invitation)!);
            InvitationFile file = InvitationFile.Parse(await File.ReadAllTextAsync(path, cancellation));
            await new NodeEnrolment(frame.Surroundings.Random).EnrolAsync(node, file, parsed.GetValue(port), cancellation);
            output.Result(
                new { Directory = node.Path, file.Network, file.MemberId, file.Name, file.Role, ApiPort = parsed.GetValue(port) },
                console => console.MarkupLineInterpolated($"Node of [bold]{file.Name}[/] made in {node.Path}\nKeep a backup of {node.SeedFile}{(secret is null ? "" : " and " + SecretFolder.KeyFile)}: without it this node cannot act as the member.\nStart it: gateway node run --dir {node.Path}"));
            return ExitCode.Ok;
        });
    }

    /// <summary>The socket in the folder must be openable.</summary>
    public static void RequireShortPath(NodeDirectory node)
    {
        if (OperatingSystem.IsWindows() || System.Text.Encoding.UTF8.GetByteCount(node.SocketFile) <= LongestSocketPath) return;
        throw new RefusalException(Refusal.Invalid("FOLDER_PATH_TOO_LONG", $"The node's socket would have a path of more than {LongestSocketPath} bytes, which the system cannot open.", node.SocketFile, "Use a folder with a shorter path."));
    }
}
