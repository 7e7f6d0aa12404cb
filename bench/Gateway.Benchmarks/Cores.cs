using System.Globalization;
using System.Runtime.InteropServices;

namespace Gateway.Benchmarks;

/// <summary>Confines this process to some of its processors. Linux only: elsewhere figures are taken on all of them, and say so.</summary>
internal static partial class Cores
{
    private const int MaskWords = 16;

    /// <summary>Lets every thread there is, and so every thread it starts, run on the first processors only.</summary>
    /// <returns>How many processors the process has then.</returns>
    public static unsafe int Use(int count)
    {
        if (!OperatingSystem.IsLinux()) return Environment.ProcessorCount;
        int taken = Math.Min(count, Environment.ProcessorCount);
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        mask[0] = taken >= 64 ? ulong.MaxValue : (1UL << taken) - 1;
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            // A thread that has just ended cannot be confined, and need not be.
            _ = sched_setaffinity(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), MaskWords * sizeof(ulong), mask);
        }

        return taken;
    }

    [LibraryImport("libc")]
    private static unsafe partial int sched_setaffinity(int thread, nuint size, ulong* mask);
}
