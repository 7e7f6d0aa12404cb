using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Protocol.V1;

namespace Gateway.Benchmarks;

/// <summary>
/// Start-up and memory of a node with many records and known identifiers. Every start is a process of its own, so nothing is compiled or cached by the one before; memory is the
/// difference between a node with the identifiers and one without.
/// </summary>
internal sealed class StartBench(int records, int known)
{
    private const int Runs = 5;
    private const int LearnedAtOnce = 10_000;

    /// <summary>One known identifier in so many stands in a record.</summary>
    private const int IdentifiersAHit = 100;

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        BenchMember reader = network.Members[1];
        byte[][] shared = [.. Enumerable.Range(0, Math.Max(1, known / IdentifiersAHit)).Select(_ => RandomNumberGenerator.GetBytes(VoprfClient.OutputSize))];
        using (BrokerConnection sender = network.Connect(network.Members[0]))
        {
            const int AtOnce = 20_000;
            for (int first = 0; first < records; first += AtOnce)
            {
                int from = first;
                await Upload.RunAsync([sender], [network.Members[0].Seal(Math.Min(AtOnce, records - first), (record, position) => position == 0 && from + record < shared.Length ? shared[from + record] : RandomNumberGenerator.GetBytes(VoprfClient.OutputSize))], 1_024);
            }
        }

        string bare = Path.Combine(network.Folder, "bare.db"), full = Path.Combine(network.Folder, "full.db");
        await using (RunningNode node = await RunningNode.StartAsync(reader.Directory, bare)) await node.UntilAsync(view => view.Size >= network.LogSize);
        File.Copy(bare, full);
        await using (RunningNode node = await RunningNode.StartAsync(reader.Directory, full)) await LearnAsync(node, reader.OprfVersion, shared);

        List<Start> bareStarts = [], fullStarts = [];
        for (int run = -1; run < Runs; run++)
        {
            foreach ((string store, List<Start> starts) in ((string, List<Start>)[])[(bare, bareStarts), (full, fullStarts)])
            {
                Start start = await StartProcessAsync(reader.Directory.Path, store);
                if (start.Records != records || start.Known != (store == full ? known : 0)) throw new InvalidOperationException($"The node started with {start.Records} records and {start.Known} known identifiers.");
                if (run >= 0) starts.Add(start);
            }
        }

        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Start-up of a node with {records:N0} records and {known:N0} known identifiers, each in a new process; load average {Machine.Load()}"));
        table.AtMost("from BuildAsync to the first answer of GetStatus", fullStarts.Select(start => start.Milliseconds / 1_000), "s", 2);
        table.Note("  of which BuildAsync (store, index)", fullStarts.Select(start => start.BuildMilliseconds / 1_000), "s");
        table.Note("  from the start of the process", fullStarts.Select(start => start.ProcessMilliseconds / 1_000), "s");
        table.Note("  processor time of the process until then", fullStarts.Select(start => start.ProcessorMilliseconds / 1_000), "s");
        table.Note("the same without known identifiers", bareStarts.Select(start => start.Milliseconds / 1_000), "s");
        table.Note("  processor time of the process until then", bareStarts.Select(start => start.ProcessorMilliseconds / 1_000), "s");
        table.AtMost("memory a known identifier: live heap", fullStarts.Zip(bareStarts, (one, other) => (double)(one.LiveBytes - other.LiveBytes) / known), "bytes", 300);
        table.AtMost("memory a known identifier: resident set after start", fullStarts.Zip(bareStarts, (one, other) => (double)(one.ResidentBytes - other.ResidentBytes) / known), "bytes", 300);
        table.Note("resident set of the whole process", fullStarts.Select(start => start.ResidentBytes / 1_048_576.0), "MiB");
        output.WriteLine();
    }

    /// <summary>What the process started by <see cref="RunAsync"/> does: starts the node, asks, prints one line.</summary>
    public static async Task StartNodeAsync(string folder, string store, TextWriter output)
    {
        long begin = Stopwatch.GetTimestamp();
        await using RunningNode node = await RunningNode.StartAsync(new NodeDirectory(folder), store);
        double built = node.BuildMilliseconds;
        GetStatusResponse status = await node.StatusAsync();
        double answered = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        double processor = Environment.CpuUsage.TotalTime.TotalMilliseconds;
        double process = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long resident = ResidentBytes();
        long live = GC.GetTotalMemory(forceFullCollection: true); // The index's tables are pinned arrays of the heap.
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{built} {answered} {process} {processor} {live} {resident} {status.LiveRecords} {status.KnownIdentifiers}"));
    }

    private async Task LearnAsync(RunningNode node, uint version, byte[][] shared)
    {
        for (int first = 0; first < known; first += LearnedAtOnce)
        {
            EvaluatedIdentifier[] evaluated = [.. Enumerable.Range(first, Math.Min(LearnedAtOnce, known - first)).Select(i =>
                new EvaluatedIdentifier(BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16)), i < shared.Length ? shared[i] : RandomNumberGenerator.GetBytes(VoprfClient.OutputSize)))];
            await node.Get<NodeMatcher>().LearnAsync(evaluated, version, CancellationToken.None);
        }
    }

    private static async Task<Start> StartProcessAsync(string folder, string store)
    {
        using Process process = OwnProcess.Start("start-node", folder, store);
        string line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The node's process ended with code {process.ExitCode}.");
        double[] values = [.. line.Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        return new Start(values[0], values[1], values[2], values[3], (long)values[4], (long)values[5], (int)values[6], (int)values[7]);
    }

    private static long ResidentBytes()
    {
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    private sealed record Start(double BuildMilliseconds, double Milliseconds, double ProcessMilliseconds, double ProcessorMilliseconds, long LiveBytes, long ResidentBytes, int Records, int Known);
}
