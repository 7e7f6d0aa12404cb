using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Demo;

/// <summary>The folder of a demo: broker, nodes, sample, logs, and which processes are its own.</summary>
internal sealed class DemoFolder
{
    // sun_path holds 108 bytes with its final zero (unix(7)); the longest path in it is that of a node's socket.
    private const int LongestSocketPath = 107;

    private DemoFolder(string path, bool isTemporary) => (Path, IsTemporary) = (path, isTemporary);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether it was made for this run alone.</summary>
    public bool IsTemporary { get; }

    /// <summary>The broker's folder.</summary>
    public string Broker => Of("broker");

    /// <summary>The composed sample.</summary>
    public string Sample => Of("sample");

    /// <summary>What the servers wrote.</summary>
    public string Logs => Of("logs");

    /// <summary>The hits.</summary>
    public string Hits => Of("hits.csv");

    private string Processes => Of("processes.txt");

    /// <summary>Makes a temporary folder, or takes an empty one.</summary>
    /// <param name="given">The folder, or null.</param>
    /// <exception cref="RefusalException">It is not empty, or its path is too long.</exception>
    public static DemoFolder Make(string? given)
    {
        if (given is null) return new DemoFolder(Directory.CreateTempSubdirectory("gateway-demo-").FullName, isTemporary: true);
        string path = System.IO.Path.GetFullPath(given);
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new RefusalException(Refusal.Precondition("FOLDER_NOT_EMPTY", "The folder is not empty; the demo overwrites nothing.", path, "Name another one, or remove it (after `gateway demo --stop` if a network runs in it)."));
        }

        DemoFolder folder = new(path, isTemporary: false);
        string longest = DemoMember.All.Select(member => folder.Of(member.Folder, "node.sock")).MaxBy(Encoding.UTF8.GetByteCount)!;
        if (Encoding.UTF8.GetByteCount(longest) > LongestSocketPath)
        {
            throw new RefusalException(Refusal.Invalid("PATH_TOO_LONG", $"The folder's path is too long for the nodes' sockets, which may have {LongestSocketPath} bytes.", path, "Name a folder with a shorter path."));
        }

        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }

    /// <summary>A path below the folder.</summary>
    public string Of(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Notes the processes that stay.</summary>
    public void NoteProcesses(IEnumerable<ServerProcess> servers) =>
        File.WriteAllLines(Processes, servers.Select(server => string.Create(CultureInfo.InvariantCulture, $"{server.Id} {server.Name}")));

    /// <summary>Ends the processes that a demo with --keep left in a folder.</summary>
    /// <returns>How many were still running.</returns>
    /// <exception cref="RefusalException">No demo was left running in the folder.</exception>
    public static async Task<int> StopAsync(string path, CancellationToken cancellation)
    {
        DemoFolder folder = new(System.IO.Path.GetFullPath(path), isTemporary: false);
        if (!File.Exists(folder.Processes))
        {
            throw new RefusalException(Refusal.NotFound("DEMO_NOT_FOUND", "No demo was left running in this folder.", folder.Path, "Name the folder that `gateway demo --keep` printed."));
        }

        List<Process> running = [];
        try
        {
            foreach (string line in await File.ReadAllLinesAsync(folder.Processes, cancellation))
            {
                if (folder.Find(line) is { } process) running.Add(process);
            }

            // Nodes before the broker would be politer; asked together, they still end within the grace.
            await ServerProcess.TerminateAsync(running.Select(process => process.Id), cancellation);
            await Task.WhenAll(running.Select(ServerProcess.AwaitEndAsync));
            File.Delete(folder.Processes);
            return running.Count;
        }
        finally
        {
            running.ForEach(process => process.Dispose());
        }
    }

    // A number may belong to another process by now: only one whose command line names this folder is ours.
    private Process? Find(string line)
    {
        if (!int.TryParse(line.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id)) return null;
        string commandLine = $"/proc/{id}/cmdline";
        if (!File.Exists(commandLine) || !File.ReadAllText(commandLine).Split('\0').Any(part => part.StartsWith(Path + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))) return null;
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null; // It has ended in between.
        }
    }
}
