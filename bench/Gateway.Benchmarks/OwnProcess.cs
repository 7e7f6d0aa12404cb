using System.Diagnostics;

namespace Gateway.Benchmarks;

/// <summary>This program in another process, so that what it does there is measured apart.</summary>
internal static class OwnProcess
{
    /// <summary>Starts it. What it prints is read by the caller.</summary>
    public static Process Start(params string[] arguments)
    {
        ProcessStartInfo info = new(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") info.ArgumentList.Add(typeof(OwnProcess).Assembly.Location);
        foreach (string argument in arguments) info.ArgumentList.Add(argument);
        return Process.Start(info) ?? throw new InvalidOperationException($"The process for '{arguments[0]}' did not start.");
    }
}
