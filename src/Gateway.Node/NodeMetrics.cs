using System.Diagnostics.Metrics;
using Gateway.Matching.Identifiers;

namespace Gateway.Node;

/// <summary>What a node counts, as a System.Diagnostics meter; docs/metrics.md has the table. Nothing in it says who was screened or met.</summary>
public sealed class NodeMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Gateway.Node";

    private readonly Counter<long> _decisions;
    private readonly Counter<long> _evaluations;
    private readonly Counter<long> _alarms;

    /// <summary>Makes the instruments.</summary>
    public NodeMetrics()
    {
        _decisions = Meter.CreateCounter<long>("gateway.screening.decisions", "{decision}", "Decisions about shipments and queries, by decision; one that was pending and is then decided counts twice.");
        _evaluations = Meter.CreateCounter<long>("gateway.identifiers.evaluated", "{identifier}", "Identifiers that the evaluators evaluated for this node, by class.");
        _alarms = Meter.CreateCounter<long>("gateway.alarms", "{alarm}", "Alarms raised, by code.");
    }

    /// <summary>The meter, for what is observed rather than counted.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Shipments were decided.</summary>
    public void Decided(Protocol.V1.ScreeningDecision decision, int shipments = 1) => _decisions.Add(shipments, new KeyValuePair<string, object?>("decision", NameOf(decision)));

    /// <summary>Identifiers were evaluated.</summary>
    public void Evaluated(IdentifierClass identifierClass, int count) => _evaluations.Add(count, new KeyValuePair<string, object?>("class", identifierClass.ToString().ToLowerInvariant()));

    /// <summary>An alarm was raised.</summary>
    public void Raised(string code) => _alarms.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    // For each shipment: nothing is to be made for it.
    private static string NameOf(Protocol.V1.ScreeningDecision decision) => decision switch
    {
        Protocol.V1.ScreeningDecision.Cleared => "cleared",
        Protocol.V1.ScreeningDecision.Pending => "pending",
        Protocol.V1.ScreeningDecision.Hit => "hit",
        Protocol.V1.ScreeningDecision.NotScreened => "notscreened",
        _ => "unspecified",
    };
}
