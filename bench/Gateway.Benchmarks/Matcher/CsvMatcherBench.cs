using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Cryptography;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Gateway.Benchmarks;

/// <summary>
/// From the bytes of a CSV manifest to decisions, warm: every identifier known, none of them hit. First the classes that `gateway screen` and the node use, one after the other on one core
/// with the message between them but without the socket; then `gateway screen` itself against a running node over its socket.
/// </summary>
internal static class CsvMatcherBench
{
    private const int Rows = 222_800;
    private const int LongRows = 1_000_000;
    private const int Runs = 5;

    // The runtime compiles a method anew once it has been called often and nothing new was for a while, and on one core it does so between the rows: two seconds of rows see it done.
    private const int WarmingRuns = 3;

    public static async Task RunAsync(TextWriter output)
    {
        Cores.Use(2);
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        BenchMember member = network.Members[0];
        await using RunningNode node = await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile);
        Screener screener = node.Get<Screener>();
        string manifest = Path.Combine(network.Folder, "manifest.csv"), once = Path.Combine(network.Folder, "once.csv"), million = Path.Combine(network.Folder, "million.csv");
        SampleManifest.Write(manifest, Rows);
        SampleManifest.Write(once, 22_280);
        SampleManifest.Write(million, LongRows);
        await LearnAsync(node, member, once);

        Cores.Use(1);
        FigureTable table = new(output);
        List<(double Elapsed, double Processor)> reading = [], whole = [], fresh = [];
        double identifiers = SampleManifest.Shipments(screener, once).Average(shipment => (double)screener.Prepare(shipment).Hashes.Length);
        for (int run = -WarmingRuns; run < Runs; run++)
        {
            (double, double) read = Measurement.Both(Rows, () => Read(manifest));
            (double, double) both = Measurement.Both(Rows, () => Screen(screener, manifest));

            // A node that has met nobody yet: every party is normalised, at both ends.
            Screener without = new(node.Get<NodeMatcher>(), node.Get<KnownCache>(), node.Get<Node.Pseudonyms.Pseudonymiser>(), node.Get<HitOpener>(), node.Get<Matching.Scoring.Scorer>(), node.Get<Node.Watch.Dismissals>(), node.Get<NameSimilarity>(), node.Get<Func<Node.Feed.NodeView>>(), member.Id, TimeProvider.System);
            (double, double) first = Measurement.Both(22_280, () => Screen(without, once));
            if (run < 0) continue;
            reading.Add(read);
            whole.Add(both);
            fresh.Add(first);
        }

        table.Begin(string.Create(CultureInfo.InvariantCulture, $"CSV to decision: rows of the sample manifest, {new FileInfo(manifest).Length / (double)Rows:F0} bytes and {identifiers:F1} identifiers each (all columns, STRONG and COMPOUND), one core; load average {Machine.Load()}"));
        table.AtLeast("bytes to decision, parties repeat (as platform sellers do)", whole.Select(one => 1e9 / one.Elapsed), "shipments/s", 300_000);
        table.Note("  in a second of processor time", whole.Select(one => 1e9 / one.Processor), "shipments/s");
        table.Note("  of which bytes to checked shipments, processor time", reading.Select(one => one.Processor), "ns");
        table.Note("bytes to decision, each party for the first time", fresh.Select(one => 1e9 / one.Elapsed), "shipments/s");
        table.Note("  in a second of processor time", fresh.Select(one => 1e9 / one.Processor), "shipments/s");

        Cores.Use(2);
        foreach ((string path, int rows) in new[] { (once, 22_280), (manifest, Rows), (million, LongRows) })
        {
            // The first run is for warmth. Remembering goes on behind the decisions and is slower: it is waited for after the second, and would be what the third measures if more were sent.
            long begun = Stopwatch.GetTimestamp(), before = StoreSize(member);
            using CsvSource source = ManifestBatches.Open(path);
            using LocalNode local = LocalNode.Open(member.Directory.Path);
            using FaultSink faults = new(null);
            using HitSink hits = new(null, UtcDay.Of(DateTimeOffset.UtcNow));
            using PendingSink pending = new(null);
            ScreeningReport report = await new ManifestScreener(local, faults, hits, pending, _ => { }, TimeProvider.System).ScreenAsync(source, 1, TimeSpan.FromMinutes(1), CancellationToken.None);
            if (report.Screened != rows || report.Pending != 0) throw new InvalidOperationException($"{report.Screened} of {rows} shipments were screened, {report.Pending} are pending.");
            if (rows == LongRows) table.Note(string.Create(CultureInfo.InvariantCulture, $"`gateway screen` of {rows:N0} rows against a node over its socket, 2 cores: all decided"), [report.Rate], "shipments/s");
            else await node.Get<Node.Watch.PastShipments>().FlushAsync(CancellationToken.None);
            if (rows != Rows) continue;
            table.Note(string.Create(CultureInfo.InvariantCulture, $"`gateway screen` of {rows:N0} rows: all decided and remembered"), [rows / Stopwatch.GetElapsedTime(begun).TotalSeconds], "shipments/s");
            table.Note("  the node's store, a shipment remembered", [(StoreSize(member) - before) / (double)rows], "bytes");
        }

        output.WriteLine();
    }

    // Once the write-ahead log is written back: what is in it counts, older copies of the same pages do not.
    private static long StoreSize(BenchMember member)
    {
        using SqliteConnection connection = new($"Data Source={member.Directory.StoreFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
        command.ExecuteNonQuery();
        return new FileInfo(member.Directory.StoreFile).Length;
    }

    private static long Read(string path)
    {
        using CsvSource source = ManifestBatches.Open(path);
        return new ManifestBatches(source, _ => { }).Read().Sum(batch => (long)batch.IdEnds.Count);
    }

    private static long Screen(Screener screener, string path)
    {
        using CsvSource source = ManifestBatches.Open(path);
        ShipmentParts parts = screener.NewParts();
        ClearedShipments search = screener.NewSearch();
        bool[] cleared = new bool[4_096];
        long found = 0;
        foreach (ShipmentBatch batch in new ManifestBatches(source, _ => { }).Read())
        {
            ShipmentColumns columns = parts.Take(ShipmentBatch.Parser.ParseFrom(batch.ToByteArray()));
            found += screener.Clear(search, columns, 0, columns.Count, cleared);
            for (int i = 0; i < columns.Count; i++)
            {
                if (cleared[i]) continue;
                PreparedShipment prepared = screener.Prepare(columns, i);
                ValueTask<ScreeningResult> decision = screener.DecideAsync(prepared, CancellationToken.None);
                found += decision.IsCompletedSuccessfully && decision.Result.Decision == ScreeningDecision.Cleared ? 1 : 0;
            }
        }

        return found;
    }

    private static async Task LearnAsync(RunningNode node, BenchMember member, string path)
    {
        Screener screener = node.Get<Screener>();
        foreach (UInt128[] some in SampleManifest.Shipments(screener, path).SelectMany(shipment => screener.Prepare(shipment).Hashes).Distinct().Chunk(10_000))
        {
            await node.Get<NodeMatcher>().LearnAsync([.. some.Select(hash => new EvaluatedIdentifier(hash, RandomNumberGenerator.GetBytes(VoprfClient.OutputSize)))], member.OprfVersion, CancellationToken.None);
        }
    }
}
