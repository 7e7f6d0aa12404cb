using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Commands;
using Gateway.Cli.Output;
using Spectre.Console;

namespace Gateway.Cli.Lab;

/// <summary>`gateway lab`: a whole network on this machine, from one description.</summary>
internal static class LabCommands
{
    private const string Usual = "lab";

    public static Command Plan(CommandFrame frame)
    {
        Command command = new("plan", "Prints the description that `lab up` uses where none is given, to be changed and given.");
        return frame.Handle(command, (_, _, _) =>
        {
            frame.Surroundings.Out.WriteLine(DefaultPlan.Plan.ToJson());
            return Task.FromResult(ExitCode.Ok);
        });
    }

    public static Command Up(CommandFrame frame)
    {
        Argument<string?> plan = new("PLAN") { Description = "The description, a JSON file; the demo's network unless given.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> directory = Directory();
        Command command = new("up", "Founds the network of a description and leaves it running; starts again what was founded in the folder before.") { plan, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            LabFolder folder = FolderOf(frame, parsed.GetValue(directory));
            string? file = parsed.GetValue(plan) is { } stated ? frame.PathOf(stated) : null;
            LabPlan? described = file is null ? null : LabPlan.Parse(await File.ReadAllTextAsync(file, cancellation), file);
            IReadOnlyList<LabStatusRow> rows = await new LabUp(frame.Surroundings, output).RunAsync(folder, described, cancellation);
            Show(output, folder, rows);
            return ExitCode.Ok;
        });
    }

    public static Command Down(CommandFrame frame)
    {
        Option<string?> directory = Directory();
        Option<bool> keep = new("--keep") { Description = "Leave the folder, for `lab up` to start from." };
        Command command = new("down", "Ends every process of a lab and removes its folder.") { directory, keep };
        return frame.Handle(command, async (parsed, output, _) =>
        {
            LabFolder folder = FolderOf(frame, parsed.GetValue(directory));
            int ended = await LabDown.RunAsync(folder, parsed.GetValue(keep), frame.Surroundings.Time);
            output.Result(new { Directory = folder.Path, Ended = ended, Kept = parsed.GetValue(keep) }, console => console.WriteLine($"Ended {ended} processes."));
            return ExitCode.Ok;
        });
    }

    public static Command Status(CommandFrame frame)
    {
        Option<string?> directory = Directory();
        Command command = new("status", "Shows each process of a lab: whether it runs, how far its log is, whether it is connected, what it is cut off from.") { directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            LabFolder folder = FolderOf(frame, parsed.GetValue(directory));
            await using LabNetwork network = new(LabBook.Open(folder), frame.Surroundings.Time);
            Show(output, folder, await new LabStatus(network).AskAsync(cancellation));
            return ExitCode.Ok;
        });
    }

    public static Command Kill(CommandFrame frame) => OfProcess(frame, "kill", "Kills a process of a lab as a power cut would (SIGKILL).", async (network, name, cancellation) =>
    {
        if (!await network.Processes.KillAsync(name, cancellation)) throw LabLinks.Ended(name);
    });

    public static Command Restart(CommandFrame frame) => OfProcess(frame, "restart", "Ends a process of a lab in good order where it runs, starts it, and waits until it answers.", async (network, name, cancellation) =>
    {
        await network.Processes.EndAsync([name]);
        await network.StartAsync(name, cancellation);
        network.Processes.Release();
    });

    public static Command Partition(CommandFrame frame)
    {
        Argument<string> one = new("NAME") { Description = "A node or a broker." };
        Argument<string?> other = new("OTHER") { Description = "The other end; all links of the first unless given.", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("partition", "Cuts links between nodes and brokers: connections stay, and nothing passes.") { one, other };
        return OfLinks(frame, command, cut: true, parsed => (parsed.GetValue(one), parsed.GetValue(other)));
    }

    public static Command Heal(CommandFrame frame)
    {
        Argument<string?> one = new("NAME") { Description = "A node or a broker; all links unless given.", Arity = ArgumentArity.ZeroOrOne };
        Argument<string?> other = new("OTHER") { Description = "The other end; all links of the first unless given.", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("heal", "Mends links that were cut; what was under way arrives.") { one, other };
        return OfLinks(frame, command, cut: false, parsed => (parsed.GetValue(one), parsed.GetValue(other)));
    }

    /// <summary>The relay itself, which `lab up` starts: not for people.</summary>
    public static Command Relay(CommandFrame frame)
    {
        Option<string?> directory = Directory();
        Command command = new("wires", "Carries the links of a lab.") { directory };
        command.Hidden = true;
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            LabFolder folder = FolderOf(frame, parsed.GetValue(directory)).Required();
            try
            {
                await new Wires(folder).RunAsync(() => output.Note($"ready: relay of {folder.Path}"), cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Told to end.
            }

            return ExitCode.Ok;
        });
    }

    private static Command OfProcess(CommandFrame frame, string verb, string description, Func<LabNetwork, string, CancellationToken, Task> work)
    {
        Argument<string> process = new("NAME") { Description = "The process, or the member whose node it is." };
        Option<string?> directory = Directory();
        Command command = new(verb, description) { process, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            LabFolder folder = FolderOf(frame, parsed.GetValue(directory)).Required();
            using IDisposable only = folder.Lock();
            LabBook book = LabBook.Open(folder);
            string name = new LabLinks(book).Find(parsed.GetValue(process)!);
            await using LabNetwork network = new(book, frame.Surroundings.Time);
            await work(network, name, cancellation);
            ProcessIdentity identity = book.Find(name)!.Value;
            output.Result(new { Process = name, Pid = identity.Id, Running = identity.IsRunning }, console => console.WriteLine($"{name}, process {identity.Id}, {(identity.IsRunning ? "runs" : "has ended")}."));
            return ExitCode.Ok;
        });
    }

    private static Command OfLinks(CommandFrame frame, Command command, bool cut, Func<ParseResult, (string? One, string? Other)> endsOf)
    {
        Option<string?> directory = Directory();
        command.Add(directory);
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            LabFolder folder = FolderOf(frame, parsed.GetValue(directory)).Required();
            using IDisposable only = folder.Lock();
            (string? one, string? other) = endsOf(parsed);
            IReadOnlyList<LabLink> links = await new LabLinks(LabBook.Open(folder)).SetAsync(cut, one, other, cancellation);
            output.Result(links.Select(link => new { link.Node, link.Broker, Cut = link.IsCut }), console =>
            {
                foreach (LabLink link in links) console.WriteLine($"{link.Node} - {link.Broker}: {(link.IsCut ? "cut" : "whole")}");
            });
            return ExitCode.Ok;
        });
    }

    private static void Show(CommandOutput output, LabFolder folder, IReadOnlyList<LabStatusRow> rows) => output.Result(new { Directory = folder.Path, Processes = rows }, console =>
    {
        Table table = Tables.Of("Process", "Role", "Pid", "Address", "Log", "Connected", "Cut off from");
        foreach (LabStatusRow row in rows)
        {
            string connected = row.Feeds is { } feeds ? string.Create(CultureInfo.InvariantCulture, $"{feeds} feeds") : row.Connected switch { true => "yes", false => "AWAY", null => "" };
            table.AddText(row.Process, row.Role, row.Pid?.ToString(CultureInfo.InvariantCulture) ?? "ENDED", Short(row.Address, folder), row.LogSize?.ToString("N0", CultureInfo.InvariantCulture) ?? "", connected, string.Join(", ", row.Partitioned));
        }

        console.Write(table);
        console.WriteLine($"Folder {folder.Path}");
    });

    private static string Short(string address, LabFolder folder) => address.StartsWith(folder.Path, StringComparison.Ordinal) ? address[(folder.Path.Length + 1)..] : address.Replace("https://", "", StringComparison.Ordinal);

    private static Option<string?> Directory() => CommandFrame.DirectoryOption($"The lab's folder; ./{Usual} unless given.");

    private static LabFolder FolderOf(CommandFrame frame, string? stated) => new(frame.PathOf(stated ?? Usual));
}
