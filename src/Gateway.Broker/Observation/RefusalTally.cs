using System.Collections.Concurrent;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Observation;

/// <summary>How often calls were refused since the start, by member and code.</summary>
public sealed class RefusalTally(BrokerMetrics metrics)
{
    private readonly ConcurrentDictionary<(MemberId? Member, string Code), long> _counts = new();

    /// <summary>Counts a refusal. Codes are this program's own and members are the log's, so that strangers cannot fill the memory.</summary>
    public void Count(MemberId? member, string code)
    {
        _counts.AddOrUpdate((member, code), 1, (_, count) => count + 1);
        metrics.Refused(code);
    }

    /// <summary>The refusals of a member, or of callers who are none; most frequent first.</summary>
    public IEnumerable<RefusalCount> Of(MemberId? member) =>
        _counts.Where(pair => pair.Key.Member == member).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Code, StringComparer.Ordinal).Select(pair => new RefusalCount { Code = pair.Key.Code, Count = (ulong)pair.Value });
}
