using System.Globalization;
using Gateway.Storage;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>A batch of the log: whole commits, with the checkpoint that covers them.</summary>
/// <param name="Leaves">Its leaves, by index.</param>
/// <param name="End">The checkpoint.</param>
public sealed record RecentBatch(IReadOnlyList<BrokerLeaf> Leaves, LogHead End);

/// <summary>
/// The log's newest batches, read from the store once for all followers that have come to its end: two hundred of them would else ask for each batch two hundred times. A batch is good for the
/// log as it was when it was read: once the log has grown, a record of it may be withdrawn. Holds 8 MiB at most.
/// </summary>
public sealed class RecentBatches(IBrokerStore store, TimeProvider time)
{
    private const int MostBatches = 64, MostBytes = 128 * 1_024;

    // Items of expired records are deleted without an entry.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Held> _batches = [];
    private readonly Queue<ulong> _order = new();

    /// <summary>The batch that begins with a leaf, of at most so many leaves unless a single commit has more.</summary>
    /// <param name="from">Index of its first leaf.</param>
    /// <param name="size">Leaves in the log.</param>
    /// <param name="most">Leaves at most.</param>
    /// <returns>The batch; null when it is too large to be held: its reader streams it from the store.</returns>
    public Task<RecentBatch?> ReadAsync(ulong from, ulong size, ulong most)
    {
        lock (_lock)
        {
            if (_batches.TryGetValue(from, out Held? held) && held.Size == size && time.GetElapsedTime(held.Time) < Lifetime && !held.Batch.IsFaulted) return held.Batch;
            if (held is null) _order.Enqueue(from);
            if (_order.Count > MostBatches) _batches.Remove(_order.Dequeue());
            return (_batches[from] = new Held(size, time.GetTimestamp(), Task.Run(() => LoadAsync(from, most)))).Batch;
        }
    }

    private async Task<RecentBatch?> LoadAsync(ulong from, ulong most)
    {
        LogHead end = await store.ReadBatchEndAsync(from, most, CancellationToken.None).ConfigureAwait(false)
            ?? throw new StoreCorruptException("checkpoints", string.Create(CultureInfo.InvariantCulture, $"after {from}"));
        List<BrokerLeaf> leaves = [];
        int bytes = 0;
        await foreach (BrokerLeaf leaf in store.ReadLeavesAsync(from, end.Size, CancellationToken.None).ConfigureAwait(false))
        {
            bytes += leaf.Entry.Length + (leaf.Item?.Length ?? 0);
            if (bytes > MostBytes) return null;
            leaves.Add(leaf);
        }

        return new RecentBatch(leaves, end);
    }

    private sealed record Held(ulong Size, long Time, Task<RecentBatch?> Batch);
}
