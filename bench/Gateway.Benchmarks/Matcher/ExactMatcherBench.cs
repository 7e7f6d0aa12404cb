using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Gateway.Cryptography;
using Gateway.Matching.Index;

namespace Gateway.Benchmarks;

/// <summary>
/// Exact screening on one core: 12 identifiers a shipment, hashed and looked up, all known and drawn evenly from the whole table (the worst case: real consignors repeat and stay in the
/// caches), one in 1,000 with a hit. No parsing. The floor is measured in the same run: the hashing alone, and one prefetched read of as many random lines of as much memory.
/// </summary>
internal sealed class ExactMatcherBench
{
    private const int Lookups = 12;
    private const int Shipments = 200_000;
    private const int BatchShipments = 1_024;
    private const int IdentifierBytes = 40;
    private const int Ahead = 32;
    private const int RedisKeys = 1_000_000;

    private readonly int _known;
    private readonly MatchIndex _index;
    private readonly UInt128[] _hashes = new UInt128[Shipments * Lookups];
    private readonly byte[] _identifiers = new byte[BatchShipments * Lookups * IdentifierBytes];
    private readonly byte[] _key = new byte[SipHash.KeySize];
    private readonly int[] _ends = [.. Enumerable.Range(1, BatchShipments).Select(shipment => shipment * Lookups)];
    private readonly int[] _identifierEnds = [.. Enumerable.Range(1, BatchShipments * Lookups).Select(identifier => identifier * IdentifierBytes)];
    private readonly double _bytesEach;

    public ExactMatcherBench(int known)
    {
        _known = known;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        _index = new MatchIndex(HashOf(-1));
        for (int i = 0; i < known; i++) _index.Learn(HashOf(i), [HashOf(-2 - i)]);
        _bytesEach = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / known;
        for (int i = 0; i < known; i += 1_000) _index.AddRecord(i, [HashOf(-2 - i)], []);
        Random random = new(1);
        for (int i = 0; i < _hashes.Length; i++) _hashes[i] = HashOf(random.Next(known));
        random.NextBytes(_identifiers);
        random.NextBytes(_key);
    }

    public void Run(TextWriter output)
    {
        Cores.Use(1);
        UInt128[] hashed = new UInt128[BatchShipments * Lookups];
        ScreeningBatch batch = new(_index.Known);
        ulong[] memory = new ulong[(long)(_index.Known.BytesPerIdentifier * _known / sizeof(ulong))];
        Array.Fill(memory, 1UL);

        // In turns, so that a neighbour's burst falls on all of them.
        List<double> hash = [], single = [], lines = [], lookUp = [], whole = [], processor = [], ratio = [];
        for (int run = -2; run < 9; run++)
        {
            double hashing = Nanoseconds(_ => Hash(hashed)).Processor;
            double alone = Nanoseconds(_ => HashEach(hashed)).Processor;
            double reading = Measurement.Both(Shipments, () => ReadLines(memory)).Processor;
            double screening = Nanoseconds(hashes => Screen(hashes, batch)).Processor;
            (double elapsed, double used) = Nanoseconds(hashes => Hash(hashed) + Screen(hashes, batch));
            if (run < 0) continue;
            hash.Add(hashing);
            single.Add(alone);
            lines.Add(reading);
            lookUp.Add(screening);
            whole.Add(elapsed);
            processor.Add(used);
            ratio.Add(used / (hashing + reading));
        }

        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Exact screening: {_known:N0} known identifiers, {Lookups} a shipment, no parsing, one core; load average {Machine.Load()}"));
        table.AtLeast("screening: hash, look up, verdict and hits", whole.Select(one => 1e9 / one), "shipments/s", 1_000_000);
        table.Note("  in a second of processor time", processor.Select(one => 1e9 / one), "shipments/s");
        table.AtMost("  times the floor (hash + memory); this and below in processor time", ratio, "×", 3);
        table.Note("  floor: SipHash-128 of 12 identifiers of 40 bytes, side by side", hash, "ns");
        table.Note("  the same one after the other, in libsodium", single, "ns");
        table.Note("  floor: 12 random lines of as much memory, prefetched", lines, "ns");
        table.Note("  look-ups, verdicts and hits without hashing", lookUp, "ns");
        table.AtMost("memory a known identifier without hits, one circle (live heap)", [_bytesEach], "bytes", 48);
        table.Note("  of which the look-up table", [_index.Known.BytesPerIdentifier], "bytes");
        table.Note("  of which the tag that new records are met by", [_index.Watched.BytesPerTag], "bytes");
        Cores.Use(2);
        AddRedis(table);
        output.WriteLine();
    }

    private void AddRedis(FigureTable table)
    {
        using RedisPeer? redis = RedisPeer.Start(out string reason);
        if (redis is null)
        {
            table.Say($"beside: Redis not measured: {reason}");
            return;
        }

        int known = Math.Min(_known, RedisKeys);
        redis.Fill([.. Enumerable.Range(0, known).Select(HashOf)]);
        Random random = new(2);
        UInt128[] asked = [.. Enumerable.Range(0, 20_000 * Lookups).Select(_ => HashOf(random.Next(known)))];
        byte[] requests = RedisPeer.Requests(asked, Lookups);
        redis.Ask(requests, asked.Length / Lookups);
        table.Note(
            string.Create(CultureInfo.InvariantCulture, $"beside: Redis, {known:N0} keys, pipelined EXISTS, a core of its own"),
            [.. Enumerable.Range(0, 5).Select(_ => 1e9 / Measurement.Once(asked.Length / Lookups, () => redis.Ask(requests, asked.Length / Lookups)))],
            "shipments/s");
        table.Say($"  {redis.Version}");
    }

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

    private (double Elapsed, double Processor) Nanoseconds(Work work) => Measurement.Both(Shipments, () =>
    {
        long sum = 0;
        for (int first = 0; first < Shipments; first += BatchShipments)
        {
            int count = Math.Min(BatchShipments, Shipments - first);
            sum += work(_hashes.AsSpan(first * Lookups, count * Lookups));
        }

        return sum;
    });

    private long Screen(ReadOnlySpan<UInt128> hashes, ScreeningBatch batch)
    {
        batch.Screen(hashes, _ends.AsSpan(0, hashes.Length / Lookups));
        long hits = 0;
        foreach (Screened result in batch.Results) hits += result.Hits;
        return hits;
    }

    private long Hash(UInt128[] hashed)
    {
        SipHashLanes.Hash128(_key, _identifiers, _identifierEnds, hashed);
        return (long)(ulong)hashed[0];
    }

    private long HashEach(UInt128[] hashed)
    {
        for (int i = 0; i < hashed.Length; i++) hashed[i] = SipHash.Hash128(_key, _identifiers.AsSpan(i * IdentifierBytes, IdentifierBytes));
        return (long)(ulong)hashed[0];
    }

    private unsafe long ReadLines(ulong[] memory)
    {
        ulong sum = 0;
        fixed (ulong* first = memory)
        {
            for (int i = 0; i < _hashes.Length; i++)
            {
                if (Sse.IsSupported && i + Ahead < _hashes.Length) Sse.Prefetch0(first + Math.BigMul((ulong)_hashes[i + Ahead], (ulong)memory.Length, out _));
                sum += first[Math.BigMul((ulong)_hashes[i], (ulong)memory.Length, out _)];
            }
        }

        return (long)sum;
    }
}
