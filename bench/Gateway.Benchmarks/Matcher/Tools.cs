using System.Diagnostics;

namespace Gateway.Benchmarks;

/// <summary>Programs of the machine that a figure is compared with.</summary>
internal static class Tools
{
    /// <summary>Where a program lies, or null.</summary>
    public static string? Find(string name, params string[] besides) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(besides)
        .Where(Directory.Exists)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>The first line a program prints.</summary>
    public static string FirstLine(string program, params string[] arguments) => Run(program, arguments).Output.Split('\n')[0].Trim();

    /// <summary>Runs a program to its end.</summary>
    public static (int ExitCode, string Output, string Errors) Run(string program, IEnumerable<string> arguments, string? folder = null)
    {
        ProcessStartInfo info = new(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "/" };
        foreach (string argument in arguments) info.ArgumentList.Add(argument);
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
