using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Cryptography;

namespace Gateway.Benchmarks;

/// <summary>What the figures were taken on.</summary>
internal static class Machine
{
    /// <summary>One line a fact, before the figures.</summary>
    public static void Describe(TextWriter output, string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {Processor()}, {Environment.ProcessorCount} cores; load average {Load()}"));
        output.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}; SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}; libsodium {Sodium.Version}; stores on {FileSystemOf(folder)}");
        output.WriteLine();
    }

    /// <summary>The load average of the last minute.</summary>
    public static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    /// <summary>Where stores are put: a disk that survives a restart, not a memory file system.</summary>
    public static string WorkFolder => Environment.GetEnvironmentVariable("GATEWAY_BENCH_FOLDER") ?? (Directory.Exists("/var/tmp") ? "/var/tmp" : Path.GetTempPath());

    private static string Processor()
    {
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string FileSystemOf(string folder) => DriveInfo.GetDrives()
        .Where(drive => Path.GetFullPath(folder).StartsWith(drive.Name, StringComparison.Ordinal))
        .MaxBy(drive => drive.Name.Length) is { IsReady: true } drive ? drive.DriveFormat : "an unknown file system";
}
