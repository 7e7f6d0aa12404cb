using System.CommandLine;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway broker rekey`: seals the broker's keys under another passphrase or secret file.</summary>
internal static class BrokerRekeyCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        (Option<string?> passphrase, Option<string?> secret) = RekeyOptions.Create();
        Command command = new("rekey", "Seals the broker's keys under another passphrase or secret file. The broker must not run.") { directory, passphrase, secret };
        return frame.Handle(command, (parsed, output, _) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            using SealingSecret? present = frame.Unlocking.Of(parsed, folder);
            BrokerOptions options = BrokerOptions.Load(folder, present);
            using SealingSecret next = frame.Unlocking.ForNext(parsed.GetValue(passphrase), parsed.GetValue(secret));
            BrokerRekey.Run(options, next, frame.Surroundings.Random);
            output.Result(new { options.Directory, SealedBy = next.ToString() }, console => console.MarkupLineInterpolated($"The keys in {options.Directory} are sealed by {next.ToString()} from now on. Backups made before open with the old one."));
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
