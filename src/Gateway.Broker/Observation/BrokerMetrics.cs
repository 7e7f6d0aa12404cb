using System.Diagnostics.Metrics;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Observation;

/// <summary>What a broker or an evaluator counts, as a System.Diagnostics meter; docs/metrics.md has the table. Attributes hold ids and codes, never a name or an identifier.</summary>
public sealed class BrokerMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Gateway.Broker";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _published;
    private readonly Counter<long> _withdrawn;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _evaluations;
    private readonly Counter<long> _unusual;
    private readonly Histogram<int> _batchLeaves;
    private readonly Histogram<double> _batchDuration;

    /// <summary>Makes the instruments.</summary>
    public BrokerMetrics()
    {
        _published = _meter.CreateCounter<long>("gateway.records.published", "{record}", "Records that went into the log.");
        _withdrawn = _meter.CreateCounter<long>("gateway.records.withdrawn", "{record}", "Records that were withdrawn.");
        _refusals = _meter.CreateCounter<long>("gateway.refusals", "{refusal}", "Calls and submissions refused, by code.");
        _evaluations = _meter.CreateCounter<long>("gateway.evaluations", "{element}", "Elements evaluated, by class.");
        _unusual = _meter.CreateCounter<long>("gateway.quota.unusual", "{alarm}", "Members whose use has grown out of proportion, once a day, by member id and quota.");
        _batchLeaves = _meter.CreateHistogram<int>("gateway.log.batch.leaves", "{leaf}", "Leaves of a transaction of the log.");
        _batchDuration = _meter.CreateHistogram<double>("gateway.log.batch.duration", "s", "Time from the taking of a batch to its being durable.");
    }

    /// <summary>The meter, for what is observed rather than counted.</summary>
    public Meter Meter => _meter;

    /// <summary>A batch of the log is durable.</summary>
    public void Committed(int leaves, int published, int withdrawn, TimeSpan duration)
    {
        _batchLeaves.Record(leaves);
        _batchDuration.Record(duration.TotalSeconds);
        if (published > 0) _published.Add(published);
        if (withdrawn > 0) _withdrawn.Add(withdrawn);
    }

    /// <summary>Something was refused.</summary>
    public void Refused(string code) => _refusals.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <summary>Elements were evaluated.</summary>
    public void Evaluated(IdentifierClass identifierClass, int elements) => _evaluations.Add(elements, new KeyValuePair<string, object?>("class", identifierClass.ToString().ToLowerInvariant()));

    /// <summary>A member's use is unusual.</summary>
    public void Unusual(Gateway.Protocol.MemberId member, string quota) =>
        _unusual.Add(1, new KeyValuePair<string, object?>("member", member.ToString()), new KeyValuePair<string, object?>("quota", quota));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
