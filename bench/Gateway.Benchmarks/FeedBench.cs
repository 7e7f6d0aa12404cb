using System.Diagnostics;
using System.Globalization;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Broker;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Sqlite;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>A node takes in the log: routes, root, checkpoint, signatures and items checked, records stored and indexed, batch by batch; from memory, then from a broker beside it.</summary>
internal sealed class FeedBench(int records)
{
    private const int Runs = 5;

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        using (BrokerConnection sender = network.Connect(network.Members[0])) await Upload.RunAsync([sender], [network.Members[0].Seal(records)], 1_024);
        BenchMember reader = network.Members[1];
        List<FeedBatch> batches = await FetchAsync(network, reader);

        Dictionary<int, List<double>> byCores = [];
        List<double> followed = [], processor = [];
        for (int run = -1; run < Runs; run++)
        {
            foreach (int cores in (int[])[2, 1])
            {
                Cores.Use(cores);
                (double rate, double used) = await ApplyAsync(network, reader, batches);
                if (run >= 0) processor.Add(used);
                if (run >= 0) (byCores.TryGetValue(cores, out List<double>? rates) ? rates : byCores[cores] = []).Add(rate);
            }

            Cores.Use(2);
            double follow = await FollowAsync(network, reader);
            if (run >= 0) followed.Add(follow);
        }

        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Feed: a node applies {records:N0} records in {batches.Count} batches to a store on disk; load average {Machine.Load()}"));
        table.AtLeast("batches in memory, 2 cores", byCores[2], "records/s", 10_000);
        table.Note("batches in memory, 1 core", byCores[1], "records/s");
        table.Note("  processor time a record", processor, "µs");
        table.Note("from a broker over gRPC, broker and node on the same 2 cores", followed, "records/s");
        output.WriteLine();
    }

    private static async Task<List<FeedBatch>> FetchAsync(BenchNetwork network, BenchMember reader)
    {
        using BrokerConnection connection = network.Connect(reader);
        using AsyncServerStreamingCall<FollowResponse> call = new ExchangeService.ExchangeServiceClient(connection.Invoker).Follow(new FollowRequest());
        List<FeedBatch> batches = [];
        List<FeedLeaf> leaves = [];
        ulong size = network.LogSize;
        for (ulong next = 0; next < size && await call.ResponseStream.MoveNext(CancellationToken.None);)
        {
            leaves.AddRange(call.ResponseStream.Current.Leaves);
            if (call.ResponseStream.Current.Checkpoint.IsEmpty) continue;
            batches.Add(new FeedBatch(next, leaves, call.ResponseStream.Current.Checkpoint.ToByteArray()));
            next += (ulong)leaves.Count;
            leaves = [];
        }

        return batches;
    }

    private async Task<(double Rate, double ProcessorMicroseconds)> ApplyAsync(BenchNetwork network, BenchMember reader, List<FeedBatch> batches)
    {
        string folder = Directory.CreateDirectory(Path.Combine(network.Folder, "apply")).FullName;
        double seconds, used;
        await using (SqliteNodeStore store = await SqliteNodeStore.OpenAsync(Path.Combine(folder, "node.db"), TimeProvider.System, CancellationToken.None))
        {
            KnownCache cache = new(reader.Keys, RandomSource.System);
            using NodeMatcher matcher = await NodeMatcher.LoadAsync(store, cache, NodeView.Empty, RandomSource.System, TimeProvider.System, null, CancellationToken.None);
            BatchReader batchReader = new(reader.Id, reader.Keys.Box, network.GenesisHash, TimeProvider.System);
            NodeLog log = new(store, matcher, batchReader, TiledTree.Empty(store), NodeView.Empty, new OwnRecords(), [], 0, [], TimeProvider.System, NullLogger<NodeLog>.Instance);
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            FeedPipeline pipeline = new(() => log.View.Keyring, batch => log.ApplyAsync(batch, CancellationToken.None), CancellationToken.None);
            foreach (FeedBatch batch in batches) await pipeline.AddAsync(new FeedBatch(batch.FirstIndex, batch.Leaves, batch.Checkpoint)); // Of one from an earlier run all is checked.
            await pipeline.Underway;
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            used = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds;
            if (await store.ReadLastRecordNumberAsync(CancellationToken.None) != records) throw new InvalidOperationException($"Not all of the {records} records are in the store.");
        }

        Directory.Delete(folder, recursive: true);
        return (records / seconds, used / records);
    }

    private async Task<double> FollowAsync(BenchNetwork network, BenchMember reader)
    {
        string store = Path.Combine(network.Folder, "follow.db");
        long start = Stopwatch.GetTimestamp();
        double seconds;
        await using (RunningNode node = await RunningNode.StartAsync(reader.Directory, store))
        {
            await node.UntilAsync(view => view.Size >= network.LogSize);
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        foreach (string file in Directory.EnumerateFiles(network.Folder, "follow.db*")) File.Delete(file);
        return records / seconds;
    }
}
