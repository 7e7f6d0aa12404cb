using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Gateway.Cli.Demo;

/// <summary>A broker or node of the demo: this very program in a process of its own, its output in a file.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    // The shell gives its place to the program, so the process id is the program's; the file, unlike a pipe, is still there when the demo has gone.
    private const string ToFile = """log=$1; shift; exec "$@" >>"$log" 2>&1""";

    private readonly Process _process;
    private bool _released;

    private ServerProcess(string name, string logFile, Process process) => (Name, LogFile, _process) = (name, logFile, process);

    /// <summary>What it is called in the demo.</summary>
    public string Name { get; }

    /// <summary>Where its output goes.</summary>
    public string LogFile { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts this program with other arguments.</summary>
    public static ServerProcess Start(string name, string logFile, params string[] arguments)
    {
        string[] program = ThisProgram();
        ProcessStartInfo start = new("/bin/sh", ["-c", ToFile, "sh", logFile, .. program, .. arguments]) { RedirectStandardInput = true };
        start.Environment[ParentWatch.Variable] = "1";
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{name} could not be started.");
        return new ServerProcess(name, logFile, process);
    }

    /// <summary>How this program is called: its own executable, or dotnet with its assembly.</summary>
    public static string[] ThisProgram()
    {
        string executable = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        return Path.GetFileNameWithoutExtension(executable) == "dotnet" ? [executable, Path.Combine(AppContext.BaseDirectory, "gateway.dll")] : [executable];
    }

    /// <summary>Asks processes to end (SIGTERM).</summary>
    public static async Task TerminateAsync(IEnumerable<int> ids, CancellationToken cancellation)
    {
        string[] numbers = [.. ids.Select(id => id.ToString(CultureInfo.InvariantCulture))];
        if (numbers.Length == 0) return;
        using Process kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", """kill -TERM "$@" 2>/dev/null""", "sh", .. numbers]))
            ?? throw new InvalidOperationException("/bin/sh could not be started.");
        await kill.WaitForExitAsync(cancellation);
    }

    /// <summary>Ends a process: waits a while after it was asked, then kills it.</summary>
    public static async Task AwaitEndAsync(Process process)
    {
        using CancellationTokenSource patience = new(Grace);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Lets it go on without the demo.</summary>
    public void Release()
    {
        _process.StandardInput.BaseStream.WriteByte(ParentWatch.Release);
        _process.StandardInput.BaseStream.Flush();
        _released = true;
    }

    /// <summary>The last lines it wrote.</summary>
    public IEnumerable<string> LastLines(int count) => File.Exists(LogFile) ? File.ReadLines(LogFile).TakeLast(count) : [];

    /// <summary>Ends it unless it was released.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_released || _process.HasExited) return;
            await TerminateAsync([_process.Id], CancellationToken.None);
            await AwaitEndAsync(_process);
        }
        catch (Win32Exception error)
        {
            throw new InvalidOperationException($"{Name}, process {_process.Id}, could not be ended: {error.Message}", error);
        }
        finally
        {
            _process.Dispose();
        }
    }
}
