using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Node.Feed;

/// <summary>Ids of this member's own records that the outbox still has open: sealed, acknowledged, or being withdrawn. Tells the log which of its records concern the outbox.</summary>
public sealed class OwnRecords
{
    private readonly ConcurrentDictionary<RecordId, byte> _ids = new();

    /// <summary>Whether the record is one of them.</summary>
    public bool Contains(RecordId id) => _ids.ContainsKey(id);

    /// <summary>Adds a record.</summary>
    public void Add(RecordId id) => _ids.TryAdd(id, 0);
}
