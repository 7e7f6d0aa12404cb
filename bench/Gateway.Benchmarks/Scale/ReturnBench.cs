using System.Diagnostics;
using System.Globalization;
using Gateway.Node.Feed;

namespace Gateway.Benchmarks.Scale;

/// <summary>A broker that is killed and comes back: how long until all its nodes follow it again.</summary>
/// <param name="count">Whole nodes, all in this process.</param>
internal sealed class ReturnBench(int count)
{
    private const int Runs = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public async Task RunAsync(TextWriter output)
    {
        await using BenchNetwork network = await BenchNetwork.StartAsync([.. Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"member-{number}"))]);
        await network.MoveBrokerAsync();
        List<RunningNode> nodes = [];
        foreach (BenchMember member in network.Members) nodes.Add(await RunningNode.StartAsync(member.Directory, member.Directory.StoreFile));
        await UntilAsync(nodes, isConnected: true);
        FigureTable table = new(output);
        table.Begin(string.Create(CultureInfo.InvariantCulture, $"{count} nodes whose broker is killed; all on {Environment.ProcessorCount} cores; load average {Machine.Load()}"));
        List<double> listening = [], back = [];
        for (int run = 0; run < Runs; run++)
        {
            network.KillBroker();
            await UntilAsync(nodes, isConnected: false);
            long started = Stopwatch.GetTimestamp();
            await network.RestartBrokerAsync();
            listening.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            long served = Stopwatch.GetTimestamp();
            await UntilAsync(nodes, isConnected: true);
            back.Add(Stopwatch.GetElapsedTime(served).TotalSeconds);
        }

        table.AtMost("from the moment it listens until the last node follows", back, "s", 10);
        table.Note("  from its start until it listens", listening, "s");
        output.WriteLine();
        foreach (RunningNode node in nodes) await node.DisposeAsync();
    }

    private static async Task UntilAsync(List<RunningNode> nodes, bool isConnected)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!nodes.TrueForAll(node => node.Get<Follower>().IsConnected == isConnected)) await Task.Delay(20, patience.Token);
    }
}
