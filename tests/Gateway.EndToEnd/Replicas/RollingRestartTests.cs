using System.Diagnostics;
using System.Globalization;
using Gateway.Protocol.V1;
using Gateway.Storage.Tests.Postgres;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Replicas;

/// <summary>All replicas of a broker are restarted in order, one after the other, while records flow. GATEWAY_ROLLING_RESTARTS sets how often each; twice unless set.</summary>
[Collection(nameof(Replicas))]
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_ROLLING_RESTARTS") ?? "2", CultureInfo.InvariantCulture);

    [PostgresFact]
    public async Task Replicas_are_restarted_one_after_the_other_without_one_failed_publish()
    {
        await using Replicas replicas = await Replicas.StartAsync();
        using CancellationTokenSource stop = new();
        List<TimeSpan> waits = [];
        Task contributing = ContributeAsync(replicas.Retailer, waits, stop.Token);
        try
        {
            for (int round = 0; round < Rounds; round++)
            {
                for (int broker = 0; broker < 2; broker++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1));
                    await replicas.RestartAsync(broker);
                    await replicas.UntilHealthyAsync(broker, "ok");
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(1));
        }
        finally
        {
            await stop.CancelAsync();
        }

        await contributing;
        GetStatusResponse publisher = await replicas.Retailer.UntilAsync(status => status.LiveRecords == (ulong)waits.Count, "all records");
        await replicas.Customs.UntilAsync(status => status.LiveRecords == (ulong)waits.Count && status.LogRoot == publisher.LogRoot, "all records under the same root");
        Assert.Empty(publisher.Alarms);
        output.WriteLine($"{2 * Rounds} restarts, {waits.Count} cases published one after the other; longest from hand-over to receipt {waits.Max().TotalSeconds:0.00} s, middle {waits.Order().ElementAt(waits.Count / 2).TotalMilliseconds:0} ms");
    }

    // One after the other, each until its receipt is there: a single one that failed would be seen.
    private static async Task ContributeAsync(LocalNode node, List<TimeSpan> waits, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            int number = waits.Count;
            Stopwatch wait = Stopwatch.StartNew();
            ContributionOutcome outcome = Assert.Single(await node.ContributeAsync(LocalNode.Case("protocol", $"case-{number}", $"Bad Actor {number} Trading GmbH", $"actor{number}@bad.example")));
            Assert.Equal(ContributionState.Published, outcome.State);
            waits.Add(wait.Elapsed);
        }
    }
}
