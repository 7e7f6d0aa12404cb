using System.Diagnostics;

namespace Gateway.EndToEnd;

/// <summary>`gateway` as a process of its own, to be killed for real.</summary>
public sealed class GatewayProcess : IDisposable
{
    private readonly Process _process;

    private GatewayProcess(Process process) => _process = process;

    public static GatewayProcess Start(string logFile, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "gateway.dll");
        Process process = new()
        {
            StartInfo = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [program, .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            },
        };
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new GatewayProcess(process);

        void Write(string? line)
        {
            if (line is null) return;
            lock (process) File.AppendAllText(logFile, line + Environment.NewLine);
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>SIGKILL: nothing of the process runs any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM: the process ends in order. Returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Signal("-TERM");
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGSTOP: it stands still as on a machine that is suspended, and believes when it goes on that no time has passed.</summary>
    public void Suspend() => Signal("-STOP");

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal("-CONT");

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
