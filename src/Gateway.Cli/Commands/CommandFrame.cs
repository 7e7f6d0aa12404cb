using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Errors;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Commands;

/// <summary>What all commands share: the surroundings, the global option, and the one place where failures become messages and exit codes.</summary>
public sealed class CommandFrame(Surroundings surroundings)
{
    /// <summary>Where the command runs.</summary>
    public Surroundings Surroundings { get; } = surroundings;

    /// <summary>The global option `--json`.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Results and errors as JSON, also on a terminal.", Recursive = true };

    /// <summary>Where the passphrase or secret of a folder comes from.</summary>
    public Unlocking Unlocking { get; } = new(surroundings);

    /// <summary>The option `--unsealed`.</summary>
    public static Option<bool> UnsealedOption() => new("--unsealed") { Description = "Keeps keys in plain files that only their owner may read: for trials." };

    /// <summary>The option `--dir`.</summary>
    public static Option<string?> DirectoryOption(string description) => new("--dir") { Description = description, HelpName = "DIR" };

    /// <summary>Gives a command its work.</summary>
    /// <param name="command">The command.</param>
    /// <param name="work">Does it; its result is the exit code.</param>
    public Command Handle(Command command, Func<ParseResult, CommandOutput, CancellationToken, Task<int>> work)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            bool json = parsed.GetValue(Json);
            CommandOutput output = new(Surroundings, json);
            try
            {
                return await work(parsed, output, cancellation);
            }
            catch (Exception fault)
            {
                Failure failure = Failure.Of(fault, cancellation);
                output.Fail(failure);
                if (failure.ExitCode == ExitCode.Fault && Surroundings.Environment("GATEWAY_TRACE") == "1") output.Note(fault.ToString());
                return failure.ExitCode;
            }
        });
        return command;
    }

    /// <summary>A path as the person wrote it, made absolute.</summary>
    public string PathOf(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, Surroundings.CurrentDirectory));

    /// <summary>Refuses two paths that are one file: writing a result over the input would destroy it.</summary>
    /// <exception cref="RefusalException">Two of them are the same.</exception>
    public static void RequireDistinct(params (string? Path, string Name)[] paths)
    {
        (string Path, string Name)[] stated = [.. paths.Where(path => path.Path is not null).Select(path => (TargetOf(path.Path!), path.Name))];
        foreach (IGrouping<string, (string Path, string Name)> same in stated.GroupBy(path => path.Path, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            throw new RefusalException(Refusal.Invalid("FILES_SAME", $"{string.Join(" and ", same.Select(path => path.Name))} are the same file.", same.Key, "Name different files."));
        }
    }

    // A result's file is not there yet, as a rule: only what exists can be a link.
    private static string TargetOf(string path) => File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
}
