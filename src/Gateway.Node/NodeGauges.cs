using System.Diagnostics.Metrics;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Node;

/// <summary>What is read off a running node each time its metrics are collected.</summary>
internal static class NodeGauges
{
    /// <summary>Adds the gauges of a node to its meter; they go with the meter.</summary>
    public static void Add(Meter meter, IServiceProvider services)
    {
        Func<NodeView> view = services.GetRequiredService<Func<NodeView>>();
        NodeMatcher matcher = services.GetRequiredService<NodeMatcher>();
        Pseudonymiser pseudonymiser = services.GetRequiredService<Pseudonymiser>();
        Follower follower = services.GetRequiredService<Follower>();
        NodeCertificate certificate = services.GetRequiredService<NodeCertificate>();
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        meter.CreateObservableGauge("gateway.log.size", () => (long)view().Size, "{leaf}", "Leaves of the log that were verified and applied.");
        meter.CreateObservableGauge("gateway.log.behind", () => (long)(Math.Max(follower.BrokerSize, view().Size) - view().Size), "{leaf}", "Leaves that the broker has shown and this node has not applied yet.");
        meter.CreateObservableGauge("gateway.broker.connected", () => follower.IsConnected ? 1 : 0, "{connection}", "Whether the feed is open.");
        meter.CreateObservableGauge("gateway.identifiers.known", () => (long)matcher.Known.Count, "{identifier}", "Identifiers whose evaluation is known here.");
        meter.CreateObservableGauge("gateway.identifiers.pending", () => (long)pseudonymiser.PendingCount, "{identifier}", "Identifiers that wait for their evaluation.");
        meter.CreateObservableGauge("gateway.certificate.remaining", () => certificate.Current is { } current ? Math.Max(0, (current.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime).TotalSeconds) : 0, "s", "Time until the node's certificate ends.");
    }
}
