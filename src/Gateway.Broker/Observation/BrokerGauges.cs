using System.Diagnostics.Metrics;
using Gateway.Broker.Hosting;

namespace Gateway.Broker.Observation;

/// <summary>What is read off a running broker each time its metrics are collected.</summary>
internal static class BrokerGauges
{
    /// <summary>Adds the gauges of a broker to its meter; they go with the meter.</summary>
    public static void Add(Meter meter, BrokerCore core, TimeProvider time)
    {
        meter.CreateObservableGauge("gateway.log.size", () => (long)core.Signal.Size, "{leaf}", "Leaves in the log.");
        meter.CreateObservableGauge("gateway.evaluations.waiting", () => core.Evaluations.Count, "{batch}", "Batches of evaluations that wait for a processor.");
        meter.CreateObservableGauge("gateway.feed.open", () => core.Feeds.OpenCount, "{stream}", "Feeds that are open.");
        meter.CreateObservableGauge(
            "gateway.feed.behind",
            () => core.Feeds.Positions(core.Signal.Size).Select(position => new Measurement<long>((long)position.Position.Behind, new KeyValuePair<string, object?>("member", position.Member.ToString()))),
            "{leaf}",
            "Leaves that a member's feed is behind the log, by member id.");
        meter.CreateObservableGauge(
            "gateway.certificate.remaining",
            () => new[]
            {
                new Measurement<double>((core.Certificate.NotAfter - time.GetUtcNow()).TotalSeconds, new KeyValuePair<string, object?>("certificate", "broker")),
                new Measurement<double>((core.Authorities.Issuing.Certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime).TotalSeconds, new KeyValuePair<string, object?>("certificate", "authority")),
            },
            "s",
            "Time until a certificate of the broker's ends.");
    }
}
