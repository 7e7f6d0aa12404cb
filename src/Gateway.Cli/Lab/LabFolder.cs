using Gateway.Node.Identity;
using Gateway.Cli.Commands;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Lab;

/// <summary>The folder of a lab: description, state, and a folder for each broker and node.</summary>
internal sealed class LabFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The description it was made from.</summary>
    public string Plan => Of("plan.json");

    /// <summary>What there is of it.</summary>
    public string State => Of("state.json");

    /// <summary>What its processes wrote.</summary>
    public string Logs => Of("logs");

    /// <summary>Where the relay hears that links were cut or mended.</summary>
    public string WiresSocket => Of("wires.sock");

    /// <summary>Whether there is a lab in it.</summary>
    public bool Exists => File.Exists(State);

    /// <summary>A path below the folder.</summary>
    public string Of(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Where a process of the lab writes.</summary>
    public string LogOf(string process) => System.IO.Path.Combine(Logs, process + ".log");

    /// <summary>Makes the folder for a lab.</summary>
    /// <exception cref="RefusalException">There is something in it, or its path is too long for the nodes' sockets.</exception>
    public void Make(LabPlan plan)
    {
        if (Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any())
        {
            throw new RefusalException(Refusal.Precondition("FOLDER_NOT_EMPTY", "The folder is not empty; nothing is overwritten.", Path, "Name another one, or remove it (after `gateway lab down` if a network runs in it)."));
        }

        foreach (LabMember member in plan.Members) NodeInitCommand.RequireShortPath(new NodeDirectory(Of(member.Folder)));
        Directory.CreateDirectory(Path);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); // Also where it was there, empty.
        Directory.CreateDirectory(Logs);
    }

    /// <summary>Refuses where there is no lab.</summary>
    /// <exception cref="RefusalException">There is none.</exception>
    public LabFolder Required() => Exists
        ? this
        : throw new RefusalException(Refusal.NotFound("LAB_NOT_FOUND", "There is no lab in this folder.", Path, "Name the folder of one with --dir, or make one: gateway lab up"));

    /// <summary>Keeps other commands from changing the lab meanwhile; for whoever disposes it.</summary>
    /// <exception cref="RefusalException">Another command is at it.</exception>
    public IDisposable Lock()
    {
        try
        {
            return new FileStream(Of("lab.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (Directory.Exists(Path))
        {
            throw new RefusalException(Refusal.Precondition("LAB_BUSY", "Another command is at work on this lab.", Path, "Wait for it to end, or end it."));
        }
    }
}
