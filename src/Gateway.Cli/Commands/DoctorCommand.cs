using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Diagnosis;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Storage.Secrets;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway doctor`: examines a folder and what it needs.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("A broker's or a node's folder; GATEWAY_DIR, ./node or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Command command = new("doctor", "Examines clock, certificates, libsodium, disk, broker and log; says what to do about what it finds.") { directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            Examination examination = new(frame.Surroundings);
            IReadOnlyList<Finding> findings;
            if (parsed.GetValue(directory) is null && !HasFolder(frame))
            {
                findings = examination.Machine();
                output.Note("No folder was given and none is here: only the machine was examined.");
            }
            else
            {
                (string folder, FolderKind kind) = new Folder(frame.Surroundings).Find(parsed.GetValue(directory));
                using SealingSecret? secret = frame.Unlocking.Of(parsed, folder);
                findings = await examination.FolderAsync(folder, kind, parsed.GetValue(operatorName)!, secret, cancellation);
            }

            output.Result(new { Healthy = !findings.Any(finding => finding.IsFault), Findings = findings }, console =>
            {
                foreach (Finding finding in findings) console.WriteLine(Tables.Printable($"{finding.State,-8} {finding.Subject}: {finding.What}{(finding.Remedy.Length > 0 ? " -> " + finding.Remedy : "")}"));
            });
            return findings.Any(finding => finding.IsFault) ? ExitCode.Refused : ExitCode.Ok;
        });
    }

    private static bool HasFolder(CommandFrame frame)
    {
        try
        {
            new Folder(frame.Surroundings).Find(null);
            return true;
        }
        catch (RefusalException) when (string.IsNullOrEmpty(frame.Surroundings.Environment(Folder.Variable)))
        {
            return false;
        }
    }
}
