using System.Diagnostics;
using System.Globalization;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;

namespace Gateway.Benchmarks;

/// <summary>
/// The look-up tables built at a node's start, from a store on disk: first out of the store's rows alone, which also writes the index file, then out of that file. One tag an identifier (one circle),
/// no records.
/// </summary>
internal sealed class IndexStartBench(int known)
{
    private const int WrittenAtOnce = 100_000;
    private const int Runs = 3;

    public async Task RunAsync(TextWriter output)
    {
        string folder = Path.Combine(Machine.WorkFolder, $"gw-index-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            using MemberKeys keys = MemberKeys.FromSeed(RandomSource.System.GetBytes(MemberKeys.SeedSize));
            KnownCache cache = new(keys, RandomSource.System);
            await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(Path.Combine(folder, "node.db"), TimeProvider.System, CancellationToken.None);
            long begun = Stopwatch.GetTimestamp();
            await FillAsync(store);
            double filled = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            string file = Path.Combine(folder, "node.index");
            List<double> fromStore = [], fromFile = [];
            for (int run = 0; run <= Runs; run++)
            {
                begun = Stopwatch.GetTimestamp();
                using NodeMatcher matcher = await NodeMatcher.LoadAsync(store, cache, NodeView.Empty, RandomSource.System, TimeProvider.System, file, CancellationToken.None);
                (run == 0 ? fromStore : fromFile).Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
                if (matcher.Known.Count != known) throw new InvalidOperationException($"The index has {matcher.Known.Count} identifiers of {known}.");
            }

            FigureTable table = new(output);
            table.Begin(string.Create(CultureInfo.InvariantCulture, $"Tables at the start of a node: {known:N0} known identifiers with a tag each; load average {Machine.Load()}"));
            table.AtMost("from the index file, checksums verified", fromFile, "s", 10);
            table.Note("from the store's rows (once; writes the index file)", fromStore, "s");
            table.Note("index file", [new FileInfo(file).Length / 1_048_576.0], "MiB");
            table.Note("(putting the identifiers into the store)", [filled], "s");
            output.WriteLine();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task FillAsync(SqliteNodeStore store)
    {
        CircleId circle = CircleId.FromBytes(RandomSource.System.GetBytes(CircleId.Size));
        byte[] evaluation = RandomSource.System.GetBytes(104); // Its length is that of a sealed one; nothing here opens it.
        Random random = new(4);
        byte[] bytes = new byte[32];
        for (int first = 0; first < known; first += WrittenAtOnce)
        {
            KnownIdentifier[] rows = new KnownIdentifier[Math.Min(WrittenAtOnce, known - first)];
            for (int i = 0; i < rows.Length; i++)
            {
                // Ascending first bytes: a store that grew over months has its pages in memory while it grows; here filling it would be the longest part.
                random.NextBytes(bytes);
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, first + i);
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), first + i);
                UInt128 hash = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
                Tag tag = Tag.FromBytes(bytes.AsSpan(16));
                rows[i] = new KnownIdentifier(0, hash, evaluation, new UtcDay(20_000)) { Tags = [new KnownTag(tag, hash, circle, 0)] };
            }

            await store.AddKnownAsync(rows, CancellationToken.None);
        }
    }
}
