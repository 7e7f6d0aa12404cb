using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Gateway.Cryptography;
using Gateway.Matching.Index;

namespace Gateway.Benchmarks;

/// <summary>
/// Shipments a second on one core, 12 identifiers each, all known and drawn evenly from the whole table (the worst case: real consignors repeat, and stay in cache). Of
/// the identifiers one in 1,000 has a hit. Beside it the floor: the hashing alone, and one read of as many random cache lines of as much memory.
/// </summary>
internal sealed class ScreeningBench
{
    private const int Lookups = 12;
    private const int Shipments = 200_000;
    private const int BatchShipments = 1_024;
    private const int IdentifierBytes = 40;
    private const int Ahead = 32;

    private readonly int _known;
    private readonly KnownIdentifiers _table;
    private readonly UInt128[] _hashes = new UInt128[Shipments * Lookups];
    private readonly byte[] _identifiers = new byte[BatchShipments * Lookups * IdentifierBytes];
    private readonly byte[] _key = new byte[SipHash.KeySize];
    private readonly int[] _ends = [.. Enumerable.Range(1, BatchShipments).Select(shipment => shipment * Lookups)];

    public ScreeningBench(int known)
    {
        _known = known;
        _table = new KnownIdentifiers();
        for (int i = 0; i < known; i++)
        {
            if (i % 1_000 == 0)
            {
                _table.Add(HashOf(i), [i]);
            }
            else
            {
                _table.Add(HashOf(i));
            }
        }

        Random random = new(1);
        for (int i = 0; i < _hashes.Length; i++)
        {
            _hashes[i] = HashOf(random.Next(known));
        }

        random.NextBytes(_identifiers);
        random.NextBytes(_key);
    }

    public void Run(TextWriter output)
    {
        KnownState[] states = new KnownState[BatchShipments * Lookups];
        UInt128[] hashed = new UInt128[BatchShipments * Lookups];
        ScreeningBatch batch = new(_table);
        ulong[] memory = new ulong[(long)(_table.BytesPerIdentifier * _known / sizeof(ulong))];
        Array.Fill(memory, 1UL);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_known:N0} known identifiers, {_table.BytesPerIdentifier:F1} bytes each; {Lookups} look-ups a shipment, one core"));
        output.WriteLine($"{"",-52}{"ns a shipment",24}{"shipments/s",14}");
        output.WriteLine($"{"",-52}{"min",8}{"median",8}{"max",8}{"median",14}");
        Print(output, "floor: SipHash-128 of the identifiers", Measurement.Of(Shipments, () => Batches(_ => Hash(hashed))));
        Print(output, "floor: random lines of as much memory, one by one", Measurement.Of(Shipments, () => ReadLines(memory, prefetch: false)));
        Print(output, "floor: the same, prefetched", Measurement.Of(Shipments, () => ReadLines(memory, prefetch: true)));
        Print(output, "look-ups one by one", Measurement.Of(Shipments, () => Batches(FindOneByOne)));
        Print(output, "look-ups in batches", Measurement.Of(Shipments, () => Batches(hashes => Find(hashes, states))));
        Print(output, "screening: look-ups, verdicts and hits", Measurement.Of(Shipments, () => Batches(hashes => Screen(hashes, batch))));
        Print(output, "screening with hashing", Measurement.Of(Shipments, () => Batches(hashes => Hash(hashed) + Screen(hashes, batch))));
        (double tag, double watched) = BytesPerTag();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"bytes a record tag / a watched tag, as many of them",-52}{tag,16:F1}{watched,8:F1}"));
        output.WriteLine();
    }

    private (double Tag, double Watched) BytesPerTag()
    {
        TagIndex index = new(HashOf(-1));
        WatchedTags watched = new(HashOf(-1));
        for (int i = 0; i < _known; i++)
        {
            index.Add(i, [HashOf(i)]);
            watched.Add(HashOf(i), HashOf(i + 1));
        }

        return (index.BytesPerTag, watched.BytesPerTag);
    }

    private static void Print(TextWriter output, string what, Measurement taken) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what,-52}{taken.Fastest,8:F0}{taken.Median,8:F0}{taken.Slowest,8:F0}{1e9 / taken.Median,14:N0}"));

    // SplitMix64 twice: spread as a keyed hash spreads.
    private static UInt128 HashOf(int number) => new(Mix((ulong)number * 2), Mix(((ulong)number * 2) + 1));

    private static ulong Mix(ulong z)
    {
        z = (z + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private delegate long Work(ReadOnlySpan<UInt128> hashes);

    private long Batches(Work work)
    {
        long sum = 0;
        for (int first = 0; first < Shipments; first += BatchShipments)
        {
            int count = Math.Min(BatchShipments, Shipments - first);
            sum += work(_hashes.AsSpan(first * Lookups, count * Lookups));
        }

        return sum;
    }

    private long FindOneByOne(ReadOnlySpan<UInt128> hashes)
    {
        long sum = 0;
        foreach (UInt128 hash in hashes)
        {
            sum += (long)_table.Find(hash);
        }

        return sum;
    }

    private long Find(ReadOnlySpan<UInt128> hashes, KnownState[] states)
    {
        _table.Find(hashes, states);
        return (long)states[0];
    }

    private long Screen(ReadOnlySpan<UInt128> hashes, ScreeningBatch batch)
    {
        batch.Screen(hashes, _ends.AsSpan(0, hashes.Length / Lookups));
        long hits = 0;
        foreach (Screened result in batch.Results)
        {
            hits += result.Hits;
        }

        return hits;
    }

    private long Hash(UInt128[] hashed)
    {
        for (int i = 0; i < hashed.Length; i++)
        {
            hashed[i] = SipHash.Hash128(_key, _identifiers.AsSpan(i * IdentifierBytes, IdentifierBytes));
        }

        return (long)(ulong)hashed[0];
    }

    private unsafe long ReadLines(ulong[] memory, bool prefetch)
    {
        ulong sum = 0;
        fixed (ulong* first = memory)
        {
            for (int i = 0; i < _hashes.Length; i++)
            {
                if (prefetch && Sse.IsSupported && i + Ahead < _hashes.Length)
                {
                    Sse.Prefetch0(first + Math.BigMul((ulong)_hashes[i + Ahead], (ulong)memory.Length, out _));
                }

                sum += first[Math.BigMul((ulong)_hashes[i], (ulong)memory.Length, out _)];
            }
        }

        return (long)sum;
    }
}
