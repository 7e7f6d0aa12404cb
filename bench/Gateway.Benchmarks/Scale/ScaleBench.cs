using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Gateway.Node.Broker;
using Gateway.Protocol;

namespace Gateway.Benchmarks.Scale;

/// <summary>A broker in a process of its own with hundreds of members: how late records reach them, what stalled readers cost, how long a new node takes to catch up.</summary>
/// <param name="followers">Members that follow the feed.</param>
/// <param name="backlog">Records that a new node finds.</param>
internal sealed class ScaleBench(int followers, int backlog)
{
    private const int PerSecond = 100, Seconds = 30, WholeNodes = 2, Stalled = 100, Few = 10, AtOnce = 20_000;

    public async Task RunAsync(TextWriter output)
    {
        // The sender, whole nodes, then those that only follow.
        string[] names = ["sender", .. Enumerable.Range(1, WholeNodes + followers).Select(number => string.Create(CultureInfo.InvariantCulture, $"member-{number}"))];
        await using BenchNetwork network = await BenchNetwork.StartAsync(names);
        BenchMember sender = network.Members[0];
        BrokerProcess broker = await network.MoveBrokerAsync();
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"A broker in its own process, a circle of {names.Length} members, {(network.Options.Store.Length > 0 ? "PostgreSQL" : "SQLite")}; all on {Environment.ProcessorCount} cores; load average {Machine.Load()}"));
        table.Note("memory of the broker after its start", [broker.ResidentMebibytes], "MiB");

        BenchMember[] whole = [.. network.Members.Skip(1).Take(WholeNodes)], light = [.. network.Members.Skip(1 + WholeNodes)];
        List<RunningNode> nodes = [];
        foreach (BenchMember member in whole) nodes.Add(await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile));
        ulong from = await network.ReadLogSizeAsync();
        await RunFollowersAsync(network, broker, light, nodes, from, stalled: 0, table);
        BenchMember[] few = light[..Math.Min(light.Length, Few)];
        await RunFollowersAsync(network, broker, few, nodes, await network.ReadLogSizeAsync(), stalled: 0, table);
        await RunFollowersAsync(network, broker, few, nodes, await network.ReadLogSizeAsync(), Math.Min(light.Length, Stalled), table);
        foreach (RunningNode node in nodes) await node.DisposeAsync();
        await CatchUpAsync(network, broker, table);
        output.WriteLine();
    }

    // Stalled readers ask for the whole log and never read what comes.
    private static async Task RunFollowersAsync(BenchNetwork network, BrokerProcess broker, BenchMember[] members, List<RunningNode> nodes, ulong from, int stalled, FigureTable table)
    {
        SealedRecord[] records = network.Members[0].Seal(PerSecond * Seconds);
        double before = broker.ResidentMebibytes;
        List<LightFollower> readers = [];
        foreach (BenchMember member in members) readers.Add(new LightFollower(network.Connect(member), from));
        List<LightFollower> idle = [];
        for (int i = 0; i < stalled; i++) idle.Add(new LightFollower(network.Connect(network.Members[1 + WholeNodes + i]), 0));
        await Task.WhenAll(readers.Concat(idle).Select(reader => reader.OpenedAsync()));
        double opened = broker.ResidentMebibytes;

        ulong end = from + (ulong)records.Length;
        using BrokerConnection connection = network.Connect(network.Members[0]);
        PacedUpload upload = new(connection, records, PerSecond);
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(5));
        ConcurrentDictionary<ulong, long>[] applied = [.. nodes.Select(_ => new ConcurrentDictionary<ulong, long>())];
        TimeSpan processor = broker.ProcessorTime;
        Task[] work = [.. readers.Select(reader => Task.Run(() => reader.ReadAsync(() => end, patience.Token))), .. nodes.Zip(applied, (node, times) => Task.Run(() => WatchAsync(node, from, end, times)))];
        await upload.RunAsync();
        await Task.WhenAll(work);

        string who = stalled > 0 ? $"{stalled} stalled readers, {readers.Count} others" : $"{readers.Count} followers";
        double[] received = [.. readers.SelectMany(reader => reader.Arrivals).Select(arrival => Late(upload, arrival.Index, arrival.Time)).Order()];
        double[] taken = [.. applied.SelectMany(times => times).Select(arrival => Late(upload, arrival.Key, arrival.Value)).Order()];
        table.AtMost($"{who}, {PerSecond} records/s: p99 acknowledged to applied, {nodes.Count} whole nodes", [Percentile(taken, 99)], "s", 2);
        table.Note("  p50", [Percentile(taken, 50)], "s");
        table.AtMost("  p99 acknowledged to received and under a checkpoint, the others", [Percentile(received, 99)], "s", 2);
        table.Note("  p50", [Percentile(received, 50)], "s");
        table.Note("  processor time of the broker", [(broker.ProcessorTime - processor).TotalSeconds / Seconds * 100], "% of a core");
        if (stalled > 0) table.AtMost("  growth of the broker's memory", [broker.ResidentMebibytes - before], "MiB", 50);
        else table.AtMost("  memory of the broker, most", [broker.MostMebibytes], "MiB", 400);
        table.Note("  growth when their streams opened", [opened - before], "MiB");
        foreach (LightFollower reader in readers.Concat(idle)) reader.Dispose();
    }

    private async Task CatchUpAsync(BenchNetwork network, BrokerProcess broker, FigureTable table)
    {
        BenchMember sender = network.Members[0], reader = network.Members[2];
        string brokerFile = network.Options.Files.Store, nodeFile = Path.Combine(network.Folder, "new.db");
        long before = SizeOf(brokerFile);
        ulong sizeBefore = await network.ReadLogSizeAsync();
        using (BrokerConnection connection = network.Connect(sender))
        {
            for (int done = 0; done < backlog; done += AtOnce) await Upload.RunAsync([connection], [sender.Seal(Math.Min(AtOnce, backlog - done))], 1_024);
        }

        ulong size = await network.ReadLogSizeAsync();
        TimeSpan processor = broker.ProcessorTime;
        long start = Stopwatch.GetTimestamp();
        await using (RunningNode node = await RunningNode.StartAsync(reader.Directory, nodeFile)) await node.UntilAsync(view => view.Size >= size, TimeSpan.FromHours(1));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        table.AtMost(string.Create(CultureInfo.InvariantCulture, $"a new node takes in a log of {size:N0} leaves, {backlog:N0} of them in one go"), [seconds], "s", 300.0 * backlog / 1_000_000);
        table.Note("  leaves", [size / seconds], "leaves/s");
        table.Note("  processor time of the broker", [(broker.ProcessorTime - processor).TotalSeconds], "s");
        if (network.Options.Store.Length == 0) table.Note("  broker's store, a record with its item of 2,088 bytes", [(SizeOf(brokerFile) - before) / (double)(size - sizeBefore)], "bytes");
        table.Note("  node's store, likewise", [SizeOf(nodeFile) / (double)size], "bytes");
        table.Note("  memory of the broker, most so far", [broker.MostMebibytes], "MiB");
    }

    private static async Task WatchAsync(RunningNode node, ulong from, ulong end, ConcurrentDictionary<ulong, long> times)
    {
        for (ulong seen = from; seen < end;)
        {
            ulong size = (await node.UntilAsync(view => view.Size > seen)).Size;
            long now = Stopwatch.GetTimestamp();
            for (; seen < size; seen++) times[seen] = now;
        }
    }

    private static long SizeOf(string file) => new[] { file, file + "-wal" }.Where(File.Exists).Sum(one => new FileInfo(one).Length);

    // A record may be here before its receipt is.
    private static double Late(PacedUpload upload, ulong index, long time) => upload.Acknowledged.TryGetValue(index, out long acknowledged) ? Math.Max(0, Stopwatch.GetElapsedTime(acknowledged, time).TotalSeconds) : 0;

    private static double Percentile(double[] ascending, int percent) => ascending[Math.Min(ascending.Length - 1, ascending.Length * percent / 100)];
}
