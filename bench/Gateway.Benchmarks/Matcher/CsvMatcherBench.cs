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

namespace Gateway.Benchmarks;

/// <summary>
/// From the bytes of a CSV manifest to decisions, warm: every identifier known, none of them hit. First the classes that `gateway screen` and the node use, one after the other on one core
/// without the socket between them; then `gateway screen` itself against a running node over its socket.
/// </summary>
internal static class CsvMatcherBench
{
    private const int Rows = 222_800;
    private const int LongRows = 1_000_000;
    private const int Runs = 3;

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
        double identifiers = 0;
        for (int run = -1; run < Runs; run++)
        {
            (double, double) read = Measurement.Both(Rows, () => Shipments(manifest).LongCount());
            (double, double) both = Measurement.Both(Rows, () => Screen(screener, manifest, out identifiers));

            // A node that has met nobody yet: every party is normalised, at both ends.
            Screener without = new(node.Get<NodeMatcher>(), node.Get<KnownCache>(), node.Get<Node.Pseudonyms.Pseudonymiser>(), node.Get<HitOpener>(), node.Get<Matching.Scoring.Scorer>(), node.Get<Node.Watch.Dismissals>(), node.Get<NameSimilarity>(), node.Get<Func<Node.Feed.NodeView>>(), member.Id, TimeProvider.System);
            (double, double) first = Measurement.Both(22_280, () => Screen(without, once, out _));
            if (run < 0) continue;
            reading.Add(read);
            whole.Add(both);
            fresh.Add(first);
        }

        table.Begin(string.Create(CultureInfo.InvariantCulture, $"CSV to decision: rows of the sample manifest, {new FileInfo(manifest).Length / (double)Rows:F0} bytes and {identifiers / Rows:F1} identifiers each (all columns, STRONG and COMPOUND), one core; load average {Machine.Load()}"));
        table.AtLeast("bytes to decision, parties repeat (as platform sellers do)", whole.Select(one => 1e9 / one.Elapsed), "shipments/s", 300_000);
        table.Note("  in a second of processor time", whole.Select(one => 1e9 / one.Processor), "shipments/s");
        table.Note("  of which bytes to checked shipments, processor time", reading.Select(one => one.Processor), "ns");
        table.Note("bytes to decision, each party for the first time", fresh.Select(one => 1e9 / one.Elapsed), "shipments/s");
        table.Note("  in a second of processor time", fresh.Select(one => 1e9 / one.Processor), "shipments/s");

        Cores.Use(2);
        List<double> socket = [];
        for (int run = 0; run < Runs; run++)
        {
            using CsvSource source = ManifestFile.Open(million);
            using LocalNode local = LocalNode.Open(member.Directory.Path);
            using FaultSink faults = new(null);
            using HitSink hits = new(null, UtcDay.Of(DateTimeOffset.UtcNow));
            using PendingSink pending = new(null);
            ScreeningReport report = await new ManifestScreener(local, faults, hits, pending, _ => { }, TimeProvider.System).ScreenAsync(source, 1, TimeSpan.FromMinutes(1), CancellationToken.None);
            if (report.Screened != LongRows || report.Pending != 0) throw new InvalidOperationException($"{report.Screened} of {LongRows} shipments were screened, {report.Pending} are pending.");
            socket.Add(report.Rate);
        }

        table.Note(string.Create(CultureInfo.InvariantCulture, $"`gateway screen` of {LongRows:N0} rows against a node over its socket, 2 cores"), socket, "shipments/s");
        output.WriteLine();
    }

    private static IEnumerable<Shipment> Shipments(string path)
    {
        using CsvSource source = ManifestFile.Open(path);
        foreach (InputRow<Shipment> row in ManifestFile.Read(source)) yield return row.Value!;
    }

    private static long Screen(Screener screener, string path, out double identifiers)
    {
        long cleared = 0, looked = 0;
        foreach (Shipment shipment in Shipments(path))
        {
            PreparedShipment prepared = screener.Prepare(shipment);
            looked += prepared.Hashes.Length;
            ValueTask<ScreeningResult> decision = screener.DecideAsync(prepared, CancellationToken.None);
            cleared += decision.IsCompletedSuccessfully && decision.Result.Decision == ScreeningDecision.Cleared ? 1 : 0;
        }

        identifiers = looked;
        return cleared;
    }

    private static async Task LearnAsync(RunningNode node, BenchMember member, string path)
    {
        Screener screener = node.Get<Screener>();
        foreach (UInt128[] some in Shipments(path).SelectMany(shipment => screener.Prepare(shipment).Hashes).Distinct().Chunk(10_000))
        {
            await node.Get<NodeMatcher>().LearnAsync([.. some.Select(hash => new EvaluatedIdentifier(hash, RandomNumberGenerator.GetBytes(VoprfClient.OutputSize)))], member.OprfVersion, CancellationToken.None);
        }
    }
}
