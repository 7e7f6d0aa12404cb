using System.Diagnostics;
using System.Globalization;
using Gateway.Cli.Connect;

namespace Gateway.Cli.Lab;

/// <summary>A process of a lab, started here, its output in a file: this very program as broker, node or relay, or a PostgreSQL.</summary>
internal sealed class ServerProcess : IDisposable
{
    // The shell gives its place to the program, so the process id is the program's; the file, unlike a pipe, is still there when who started it has gone.
    private const string ToFile = """log=$1; shift; exec "$@" >>"$log" 2>&1""";

    private readonly Process _process;

    private ServerProcess(Process process) => (_process, Identity) = (process, ProcessIdentity.Of(process.Id));

    /// <summary>Which process it is.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Whether it goes on without the one that started it.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Starts a program.</summary>
    public static ServerProcess Start(string logFile, params string[] commandLine)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", ToFile, "sh", logFile, .. commandLine]) { RedirectStandardInput = true, WorkingDirectory = "/" };
        start.Environment[ParentWatch.Variable] = "1";
        foreach (string variable in CommandLine.NotForLabs) start.Environment.Remove(variable);
        return new ServerProcess(Process.Start(start) ?? throw new InvalidOperationException($"{commandLine[0]} could not be started."));
    }

    /// <summary>How this program is called: its own executable, or dotnet with its assembly.</summary>
    public static string[] ThisProgram()
    {
        string host = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        return Path.GetFileNameWithoutExtension(host) == "gateway" ? [host] : [Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", Path.Combine(AppContext.BaseDirectory, "gateway.dll")];
    }

    /// <summary>Sends processes a signal: TERM, INT or KILL. One that has ended gets none.</summary>
    public static void Signal(string signal, IEnumerable<ProcessIdentity> processes)
    {
        string[] numbers = [.. processes.Where(process => process.IsRunning).Select(process => process.Id.ToString(CultureInfo.InvariantCulture))];
        if (numbers.Length == 0) return;
        using Process kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", """signal=$1; shift; kill -s "$signal" "$@" 2>/dev/null""", "sh", signal, .. numbers]))
            ?? throw new InvalidOperationException("/bin/sh could not be started.");
        kill.WaitForExit();
    }

    /// <summary>Lets it go on without the one that started it.</summary>
    public void Release()
    {
        IsReleased = true;
        try
        {
            _process.StandardInput.BaseStream.WriteByte(ParentWatch.Release);
            _process.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            // It has ended, and nobody reads.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
