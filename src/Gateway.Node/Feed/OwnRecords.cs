using System.Collections.Concurrent;
using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

/// <summary>Ids of all records this member has contributed. Tells the log which of its records concern the outbox.</summary>
public sealed class OwnRecords
{
    private readonly ConcurrentDictionary<RecordId, byte> _ids = new();

    /// <summary>Some of them now stand, or ended, in this node's log.</summary>
    public event Action<IReadOnlyList<RecordId>>? Logged;

    /// <summary>Reads them from the outbox.</summary>
    public static async Task<OwnRecords> LoadAsync(INodeStore store, CancellationToken cancellation)
    {
        OwnRecords own = new();
        await own.ReadAsync(store, cancellation);
        return own;
    }

    /// <summary>Reads those that other processes on the store have added.</summary>
    public async Task ReadAsync(INodeStore store, CancellationToken cancellation)
    {
        await foreach (OutboxRow row in store.ListOutboxAsync(cancellation))
        {
            if (row.RecordId is { } id) Add(id);
        }
    }

    /// <summary>Whether the record is one of them, by the store where another process may have added it.</summary>
    public async ValueTask<bool> ContainsAsync(RecordId id, INodeStore store, CancellationToken cancellation) => Contains(id) || (store.Replicas is not null && await store.FindOutboxAsync(id, cancellation) is not null);

    /// <summary>Whether the record is one of them.</summary>
    public bool Contains(RecordId id) => _ids.ContainsKey(id);

    /// <summary>Tells that records stand, or ended, in this node's log.</summary>
    public void Tell(IEnumerable<RecordId> records)
    {
        RecordId[] told = [.. records];
        if (told.Length > 0) Logged?.Invoke(told);
    }

    /// <summary>Takes back what was added and could not be stored.</summary>
    public void Remove(RecordId id) => _ids.TryRemove(id, out _);

    /// <summary>Adds a record.</summary>
    public void Add(RecordId id) => _ids.TryAdd(id, 0);
}
