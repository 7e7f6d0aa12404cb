using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>Receipts and proofs from the stored log, beside the sequencer. Opens a tree for each question: a tile a level, no shared state.</summary>
public sealed class LogReader(IBrokerStore store)
{
    /// <summary>The newest checkpoint.</summary>
    public async ValueTask<LogHead> ReadHeadAsync(CancellationToken cancellation) => await store.ReadHeadAsync(cancellation).ConfigureAwait(false)
        ?? throw new RefusalException(Refusal.Unavailable("LOG_EMPTY", "The log has no entries.", "log", "Initialise the broker with 'gateway broker init'."));

    /// <summary>The receipt that was given for a published record: the same bytes every time.</summary>
    public async ValueTask<LogReceipt> ReceiptOfAsync(PublishedRecord record, CancellationToken cancellation)
    {
        LogHead head = await store.ReadCheckpointAsync(record.ReceiptSize, cancellation).ConfigureAwait(false)
            ?? throw new StoreCorruptException("checkpoints", record.ReceiptSize.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return await ReceiptAsync(record.Index, head, cancellation).ConfigureAwait(false);
    }

    /// <summary>The receipt of a leaf under the checkpoint it was committed with.</summary>
    /// <param name="index">Index of the leaf; must be in the log.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    public async ValueTask<LogReceipt> ReceiptOfAsync(ulong index, CancellationToken cancellation)
    {
        // One commit, one checkpoint: the smallest above the leaf is the one it was committed with.
        LogHead head = await store.ReadBatchEndAsync(index, 1, cancellation).ConfigureAwait(false)
            ?? throw new StoreCorruptException("checkpoints", $"after {index}");
        return await ReceiptAsync(index, head, cancellation).ConfigureAwait(false);
    }

    /// <summary>That a leaf is in the tree of a size.</summary>
    /// <exception cref="RefusalException">The tree is smaller than that, or does not reach the leaf.</exception>
    public async ValueTask<IReadOnlyList<TreeHash>> InclusionProofAsync(ulong index, ulong size, CancellationToken cancellation)
    {
        await RequireSizeAsync(size, "tree_size", cancellation).ConfigureAwait(false);
        if (index >= size) throw Outside("index", $"Leaf {index} is not in a tree of {size} leaves.");
        return TiledTree.Open(size, store).InclusionProof(index, size);
    }

    /// <summary>That the tree of one size is a prefix of another.</summary>
    /// <exception cref="RefusalException">The sizes are not 1 ≤ old ≤ new ≤ the log's size.</exception>
    public async ValueTask<IReadOnlyList<TreeHash>> ConsistencyProofAsync(ulong oldSize, ulong newSize, CancellationToken cancellation)
    {
        await RequireSizeAsync(newSize, "new_size", cancellation).ConfigureAwait(false);
        if (oldSize == 0 || oldSize > newSize) throw Outside("old_size", $"A tree of {oldSize} leaves is not compared with one of {newSize}.");
        return TiledTree.Open(newSize, store).ConsistencyProof(oldSize, newSize);
    }

    private async ValueTask<LogReceipt> ReceiptAsync(ulong index, LogHead head, CancellationToken cancellation)
    {
        BrokerLeaf leaf = await store.ReadLeafAsync(index, cancellation).ConfigureAwait(false)
            ?? throw new StoreCorruptException("leaves", index.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return new LogReceipt(index, leaf.Entry, leaf.Salt, head.Note, TiledTree.Open(head.Size, store).InclusionProof(index, head.Size));
    }

    private async ValueTask RequireSizeAsync(ulong size, string field, CancellationToken cancellation)
    {
        LogHead head = await ReadHeadAsync(cancellation).ConfigureAwait(false);
        if (size > head.Size) throw Outside(field, $"The log has {head.Size} leaves, not {size}.");
    }

    private static RefusalException Outside(string field, string what) =>
        new(Refusal.Invalid("OUTSIDE_LOG", what, field, "Ask for the newest checkpoint and use sizes up to it."));
}
