using System.Diagnostics;

namespace Gateway.Benchmarks;

/// <summary>Nanoseconds an operation took, over several runs after warm-up.</summary>
internal readonly record struct Measurement(double Fastest, double Median, double Slowest)
{
    private const int WarmUps = 3;
    private const int Runs = 9;

    /// <param name="operations">Operations that one call of <paramref name="work"/> does.</param>
    /// <param name="work">Returns something that depends on all it did, so that nothing is optimised away.</param>
    public static Measurement Of(int operations, Func<long> work)
    {
        double[] nanoseconds = new double[Runs];
        long check = 0;
        for (int run = -WarmUps; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            check += work();
            double elapsed = Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations;
            if (run >= 0)
            {
                nanoseconds[run] = elapsed;
            }
        }

        GC.KeepAlive(check);
        Array.Sort(nanoseconds);
        return new Measurement(nanoseconds[0], nanoseconds[Runs / 2], nanoseconds[^1]);
    }

    /// <summary>Nanoseconds of elapsed and of processor time an operation took, once. The second is what it takes on a machine of one's own, but for shared caches.</summary>
    public static (double Elapsed, double Processor) Both(int operations, Func<long> work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        double elapsed = Once(operations, work);
        return (elapsed, (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / operations);
    }

    /// <summary>Nanoseconds an operation took, once: for what is measured in turns with something else.</summary>
    public static double Once(int operations, Func<long> work)
    {
        long start = Stopwatch.GetTimestamp();
        long check = work();
        double elapsed = Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations;
        GC.KeepAlive(check);
        return elapsed;
    }
}
