using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Broker.Access;

/// <summary>When each member last called, since the broker started.</summary>
public sealed class PeerActivity(TimeProvider time)
{
    private readonly ConcurrentDictionary<MemberId, DateTimeOffset> _lastSeen = new();

    /// <summary>The last authenticated call of a member, or null.</summary>
    public DateTimeOffset? LastSeen(MemberId member) => _lastSeen.TryGetValue(member, out DateTimeOffset seen) ? seen : null;

    internal void Note(MemberId member) => _lastSeen[member] = time.GetUtcNow();
}
