using System.Collections.Concurrent;
using Gateway.Protocol;
using Gateway.Storage;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Tests;

internal sealed partial class FailingDisk
{
    /// <summary>How many records each question for many was about, in order.</summary>
    public ConcurrentQueue<int> Questions { get; } = [];

    /// <summary>Whether records cannot be looked up.</summary>
    public bool IsAway { get; set; }

    public ValueTask<PublishedRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation)
    {
        RequireStore();
        return store.FindRecordAsync(id, cancellation);
    }

    public ValueTask<IReadOnlyCollection<PublishedRecord>> FindRecordsAsync(IReadOnlyCollection<(RecordId Id, RecordKey Key)> pairs, CancellationToken cancellation)
    {
        RequireStore();
        Questions.Enqueue(pairs.Count);
        return store.FindRecordsAsync(pairs, cancellation);
    }

    private void RequireStore()
    {
        if (IsAway) throw new StoreUnavailableException("The database is away.", new IOException("Connection refused"));
    }
}
