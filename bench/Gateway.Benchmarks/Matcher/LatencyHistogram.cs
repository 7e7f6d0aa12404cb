using System.Numerics;

namespace Gateway.Benchmarks;

/// <summary>Counts of latencies in nanoseconds, 64 bins an octave: a percentile is read 1.6 % high at most. Every value is kept, none is sampled.</summary>
internal sealed class LatencyHistogram
{
    private const int BinsAnOctave = 64;

    private readonly long[] _bins = new long[64 * BinsAnOctave];

    public long Count { get; private set; }

    public void Add(long nanoseconds)
    {
        _bins[BinOf(Math.Max(0, nanoseconds))]++;
        Count++;
    }

    /// <summary>The latency that so large a part of all does not exceed, nanoseconds.</summary>
    public long Quantile(double part)
    {
        long left = (long)Math.Ceiling(Count * part);
        for (int bin = 0; bin < _bins.Length; bin++)
        {
            left -= _bins[bin];
            if (left <= 0) return UpperEndOf(bin);
        }

        return 0;
    }

    private static int BinOf(long value)
    {
        if (value < BinsAnOctave) return (int)value;
        int octave = BitOperations.Log2((ulong)value) - 6;
        return ((octave + 1) * BinsAnOctave) + (int)((value >> octave) - BinsAnOctave);
    }

    private static long UpperEndOf(int bin)
    {
        if (bin < BinsAnOctave) return bin;
        int octave = (bin / BinsAnOctave) - 1;
        return (((bin % BinsAnOctave) + BinsAnOctave + 1L) << octave) - 1;
    }
}
