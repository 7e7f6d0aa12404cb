using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Benchmarks;

/// <summary>
/// One warm screening call inside the node, one every 2 ms by the clock, while the feed writes records and a manifest streams through the same node. A call is timed from the moment it was due, not
/// from the moment it began: what a stalled node keeps waiting counts (no coordinated omission). Broker, uploading member, streaming officer and node share the machine's two cores; broker and officer are processes of their own, as
/// they are in life: the collections of their garbage do not hold the node up.
/// </summary>
internal static class LatencyBench
{
    private const int Records = 8_000;
    private const int ManifestRows = 50_000;
    private const int MonotonicClock = 1, AbsoluteTime = 1, ThisThread = 1, Interrupted = 4; // Linux's, which Stopwatch reads too.
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(0.5);
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(TextWriter output)
    {
        Cores.Use(2);
        await using BenchNetwork network = await BenchNetwork.StartAsync("one", "two");
        BenchMember member = network.Members[0];
        await network.MoveBrokerAsync();
        await using RunningNode node = await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile);
        Screener screener = node.Get<Screener>();
        string manifest = Path.Combine(network.Folder, "manifest.csv");
        SampleManifest.Write(manifest, ManifestRows);
        Shipment[] shipments = [.. SampleManifest.Shipments(screener, manifest)];
        foreach (UInt128[] some in shipments.SelectMany(shipment => screener.Prepare(shipment).Hashes).Distinct().Chunk(10_000))
        {
            await node.Get<NodeMatcher>().LearnAsync([.. some.Select(hash => new EvaluatedIdentifier(hash, RandomNumberGenerator.GetBytes(VoprfClient.OutputSize)))], member.OprfVersion, CancellationToken.None);
        }

        SealedRecord[] records = network.Members[1].Seal(Records);
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"Latency of one warm screening call inside the node, one every {Every.TotalMilliseconds} ms; load average {Machine.Load()}"));
        using (CancellationTokenSource ended = new(Alone)) Print(table, "nothing else running", Probe(screener, shipments, ended.Token));

        using CancellationTokenSource done = new();
        Task<Probed> probing = Task.Factory.StartNew(() => Probe(screener, shipments, done.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using Process officer = OwnProcess.Start("stream-manifest", member.Directory.Path, manifest);
        long begun = Stopwatch.GetTimestamp();
        using (BrokerConnection sender = network.Connect(network.Members[1])) await Upload.RunAsync([sender], [records], 1_024);
        ulong size = await network.ReadLogSizeAsync();
        await node.UntilAsync(view => view.Size >= size);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await done.CancelAsync();
        Probed probed = await probing;
        officer.Kill();
        int streamed = (await officer.StandardOutput.ReadToEndAsync()).Count(one => one == '.') * ManifestRows;
        Print(table, "feed writing and a manifest streaming", probed);
        table.Say(string.Create(CultureInfo.InvariantCulture, $"  meanwhile {Records:N0} records published, {Records / seconds:N0}/s, and at least {streamed:N0} shipments streamed"));
        output.WriteLine();
    }

    private static void Print(FigureTable table, string when, Probed taken)
    {
        table.Note($"{when}: p50 from when it was due", [taken.Due.Quantile(0.5) / 1e3], "µs");
        table.AtMost($"{when}: p99.9 from when it was due", [taken.Due.Quantile(0.999) / 1e3], "µs", 1_000);
        table.Note($"{when}: p99.9 of the call itself, from its begin", [taken.Begun.Quantile(0.999) / 1e3], "µs");
        table.Note($"{when}: p99.9 of the call itself, of calls during which no garbage collection held the program", [taken.Undisturbed.Quantile(0.999) / 1e3], "µs");
        table.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  {taken.Due.Count:N0} calls, {taken.Due.Count - taken.Undisturbed.Count:N0} of them held up by collections; {taken.Collections:N0} collections held the program for {taken.Paused.TotalMilliseconds:N1} ms in all; {taken.Slow:N0} calls took more than {Slow.TotalMilliseconds} ms, and in {taken.Switched:N0} of them the thread had to give up its core to others"));
    }

    private static Probed Probe(Screener screener, Shipment[] shipments, CancellationToken ended)
    {
        LatencyHistogram fromDue = new(), fromBegin = new(), undisturbed = new();
        TimeSpan pausedBefore = GC.GetTotalPauseDuration();
        int slow = 0, switched = 0;
        int collectionsBefore = GC.CollectionCount(0);
        long step = (long)(Every.TotalSeconds * Stopwatch.Frequency);
        long due = Stopwatch.GetTimestamp() + step;
        for (int i = 0; !ended.IsCancellationRequested; i++, due += step)
        {
            SleepUntil(due);
            TimeSpan paused = GC.GetTotalPauseDuration();
            long taken = InvoluntarySwitches();
            long begin = Stopwatch.GetTimestamp();
            ScreeningResult result = screener.DecideAsync(screener.Prepare(shipments[i % shipments.Length]), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            long end = Stopwatch.GetTimestamp();
            GC.KeepAlive(result);
            fromDue.Add((long)((end - due) * 1e9 / Stopwatch.Frequency));
            fromBegin.Add((long)((end - begin) * 1e9 / Stopwatch.Frequency));
            if (end - begin > Slow.TotalSeconds * Stopwatch.Frequency)
            {
                slow++;
                switched += InvoluntarySwitches() > taken ? 1 : 0;
            }

            if (GC.GetTotalPauseDuration() == paused) undisturbed.Add((long)((end - begin) * 1e9 / Stopwatch.Frequency));
        }

        return new Probed(fromDue, fromBegin, undisturbed, slow, switched, GC.CollectionCount(0) - collectionsBefore, GC.GetTotalPauseDuration() - pausedBefore);
    }

    // As a thread of the node waits for a request: asleep to the last moment. One that waits awake has used up its share of the core before the call, and the others are let go first.
    private static void SleepUntil(long due)
    {
        Timespec time = new(due / Stopwatch.Frequency, due % Stopwatch.Frequency * (1_000_000_000 / Stopwatch.Frequency));
        int error;
        do error = ClockNanosleep(MonotonicClock, AbsoluteTime, ref time, 0);
        while (error == Interrupted); // A signal came; the moment is the same.
        if (error != 0) throw new InvalidOperationException($"The system does not let a thread sleep until a moment: error {error}.");
    }

    // How often the system took the core from this thread: the last field of struct rusage, of 18 of eight bytes.
    private static long InvoluntarySwitches()
    {
        long[] usage = new long[18];
        return GetUsage(ThisThread, usage) == 0 ? usage[17] : throw new InvalidOperationException("The system does not tell how often it took the core from a thread.");
    }

    [DllImport("libc", EntryPoint = "getrusage")]
    private static extern int GetUsage(int who, [In, Out] long[] usage);

    [DllImport("libc", EntryPoint = "clock_nanosleep")]
    private static extern int ClockNanosleep(int clock, int flags, ref Timespec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec(long seconds, long nanoseconds)
    {
        public long Seconds = seconds, Nanoseconds = nanoseconds;
    }

    /// <summary>What the officer's process does: streams a manifest through a node again and again, and prints a point for each time.</summary>
    public static async Task StreamAsync(string node, string manifest, TextWriter output)
    {
        while (true)
        {
            using CsvSource source = ManifestBatches.Open(manifest);
            using LocalNode local = LocalNode.Open(node);
            using FaultSink faults = new(null);
            using HitSink hits = new(null, UtcDay.Of(DateTimeOffset.UtcNow));
            using PendingSink pending = new(null);
            await new ManifestScreener(local, faults, hits, pending, _ => { }, TimeProvider.System).ScreenAsync(source, 1, TimeSpan.Zero, CancellationToken.None);
            output.Write('.');
            output.Flush();
        }
    }

    private sealed record Probed(LatencyHistogram Due, LatencyHistogram Begun, LatencyHistogram Undisturbed, int Slow, int Switched, int Collections, TimeSpan Paused);
}
