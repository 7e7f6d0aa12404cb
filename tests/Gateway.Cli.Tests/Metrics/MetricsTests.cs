using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Gateway.Broker.Observation;
using Gateway.Cli.Tests.Repository;
using Gateway.Node;

namespace Gateway.Cli.Tests.Metrics;

public sealed partial class MetricsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly NetworkOfCommands _network;

    public MetricsTests() => _network = new NetworkOfCommands(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_collector_receives_the_figures_of_broker_evaluator_and_node_and_no_name()
    {
        using OtlpReceiver collector = new();
        _network.Variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address;
        _network.Variables["OTEL_METRIC_EXPORT_INTERVAL"] = "200";
        await using (await _network.StartBrokerAsync())
        await using (await _network.StartEvaluatorAsync())
        await using (await _network.StartNodeAsync("Acme Retail"))
        {
            Assert.NotEqual(0, await _network.RunAsync("member", "list", "--dir", "broker", "--operator", "nobody"));
            await UntilAsync(() =>
                collector.Services.ToHashSet().IsSupersetOf(["gateway-broker", "gateway-evaluator", "gateway-node"])
                && collector.Find("gateway.log.size") >= 3
                && collector.Find("gateway.log.batch.leaves") >= 1
                && collector.Find("gateway.log.batch.duration") >= 1
                && collector.Find("gateway.certificate.remaining", "certificate", "broker") > 0
                && collector.Find("gateway.certificate.remaining", "certificate", "evaluator") > 0
                && collector.Find("gateway.feed.open") >= 1
                && collector.Find("gateway.feed.behind") >= 0
                && collector.Find("gateway.broker.connected") >= 1
                && collector.Find("gateway.identifiers.pending") >= 0);
        }

        Assert.All(collector.Attributes, attribute => Assert.Contains(attribute, new[] { "certificate", "member", "code", "class", "quota", "decision" }));
    }

    [Fact]
    public void Without_an_endpoint_nothing_is_sent() => Assert.Null(Hosting.MetricsExport.Start(_network.Surroundings(TextWriter.Null, TextWriter.Null), "", "gateway-broker", "test", BrokerMetrics.MeterName));

    [Fact]
    public async Task The_table_in_the_documents_names_every_instrument()
    {
        HashSet<string> instruments = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name is BrokerMetrics.MeterName or NodeMetrics.MeterName) lock (instruments) instruments.Add($"{instrument.Meter.Name} {instrument.Name} {instrument.Unit}");
            },
        };
        listener.Start();
        await using (await _network.StartBrokerAsync())
        await using (await _network.StartNodeAsync("Acme Retail"))
        {
            string[] documented = [.. Row().Matches(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "metrics.md"))).Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value} {row.Groups[3].Value}")];
            lock (instruments) Assert.Equal(instruments.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!holds()) await Task.Delay(50, patience.Token);
    }

    [GeneratedRegex(@"^\| (Gateway\.\w+) \| `([\w.]+)` \| (\S+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
