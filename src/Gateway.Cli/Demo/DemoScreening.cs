using Gateway.Cli.Commands;
using Gateway.Cli.Connect;
using Gateway.Cli.Input;
using Gateway.Cli.Output;
using Gateway.Cli.Screening;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Demo;

/// <summary>What came of screening the demo's manifest.</summary>
/// <param name="Report">The figures.</param>
/// <param name="Best">The best hits, best first.</param>
/// <param name="HitLines">Pairs of shipment and record in all.</param>
/// <param name="Results">Every result with a hit.</param>
internal sealed record DemoScreening(ScreeningReport Report, IReadOnlyList<HitLine> Best, long HitLines, IReadOnlyList<ScreeningResult> Results)
{
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(5);

    /// <summary>Screens a manifest as `gateway screen` does, and keeps what the check needs.</summary>
    public static async Task<DemoScreening> RunAsync(LocalNode node, string manifest, string hitsFile, CommandOutput output, TimeProvider time, CancellationToken cancellation)
    {
        List<ScreeningResult> results = [];
        using CsvSource source = ManifestBatches.Open(manifest);
        using FaultSink faults = new(path: null);
        using HitSink hits = new(hitsFile, UtcDay.Of(time.GetUtcNow()), results.Add);
        using PendingSink pending = new(path: null);
        using LiveLine live = new(output, time);
        long begun = time.GetTimestamp();
        ManifestScreener screener = new(node, faults, hits, pending, now => live.Show(ScreenCommand.Line(now, time.GetElapsedTime(begun))), time);
        ScreeningReport report = await screener.ScreenAsync(source, new FileInfo(manifest).Length, Wait, cancellation);
        return new DemoScreening(report, hits.Best(), hits.Count, results);
    }
}
