using Gateway.Ledger;
using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>
/// The end of records at a node. A record that ends is hidden in the transaction that ends it; what cannot be undone, the deletion of its item and tags, is a second step, so that it can wait until
/// the log that ended it is beyond doubt. The promises are those of <see cref="INodeStore"/>.
/// </summary>
public interface INodeLifeStore
{
    /// <summary>Deletes items and tags of records that ended below an index of the log, at most so many.</summary>
    /// <returns>How many records; fewer than <paramref name="most"/>: none is left.</returns>
    ValueTask<int> DeleteEndedAsync(ulong below, int most, CancellationToken cancellation);

    /// <summary>Sees to it that what was deleted is not in the store's files either: neither in the file nor in its journal.</summary>
    /// <returns>Whether that is so; false while a reader still uses an older state, then ask again.</returns>
    ValueTask<bool> TryEraseAsync(CancellationToken cancellation);

    /// <summary>How many records have ended whose items and tags are not deleted yet.</summary>
    ValueTask<long> CountEndingsAsync(CancellationToken cancellation);

    /// <summary>
    /// The live digest of a circle at a size of the log (<see cref="Protocol.Log.LiveDigest"/>), from one state of the store, and how many records it covers: published below the size and not ended
    /// below it; quarantined ones count. For sizes down to the one that <see cref="DeleteEndedAsync"/> was last called with. Reads every live id: a few microseconds each.
    /// </summary>
    ValueTask<(TreeHash Digest, ulong Count)> ReadLiveDigestAsync(CircleId circle, ulong size, CancellationToken cancellation);

    /// <summary>The record that took the place of a withdrawn one, or null.</summary>
    ValueTask<RecordId?> FindReplacementAsync(RecordId record, CancellationToken cancellation);

    /// <summary>
    /// Begins a rectification in one transaction: the contribution of the old record gives up its reference, the draft takes its place in the outbox, and the two are kept together. Once more with
    /// the same content: what was begun.
    /// </summary>
    /// <param name="old">The record to be replaced; one of the member's own.</param>
    /// <param name="retiredReference">The reference that its contribution has from now on.</param>
    /// <param name="draft">The new contribution.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The outbox row of the new contribution.</returns>
    /// <exception cref="InvalidOperationException">The old record is not in the outbox.</exception>
    ValueTask<OutboxRow> BeginRectificationAsync(RecordId old, string retiredReference, OutboxRow draft, CancellationToken cancellation);

    /// <summary>Rectifications under way, oldest first.</summary>
    ValueTask<IReadOnlyList<StoredRectification>> ReadRectificationsAsync(CancellationToken cancellation);

    /// <summary>Ends a rectification, in one transaction with the withdrawal it leads to; null where there is none to be made.</summary>
    ValueTask EndRectificationAsync(RecordId old, OutboxWithdrawal? withdrawal, CancellationToken cancellation);

    /// <summary>Quarantined records whose fault the broker has not been told, at most so many, without items and tags.</summary>
    ValueTask<IReadOnlyList<NodeRecord>> ReadUnreportedAsync(int most, CancellationToken cancellation);

    /// <summary>Notes that the broker has been told of a record's fault, or need not be.</summary>
    ValueTask NoteReportedAsync(int number, CancellationToken cancellation);

    /// <summary>Notes that a circle's epoch is given up, and deletes the tags that known identifiers have under it.</summary>
    ValueTask RetireEpochAsync(CircleId circle, uint epoch, CancellationToken cancellation);

    /// <summary>The epochs that are given up.</summary>
    ValueTask<IReadOnlySet<(CircleId Circle, uint Epoch)>> ReadRetiredEpochsAsync(CancellationToken cancellation);
}

/// <summary>A rectification under way.</summary>
/// <param name="Record">The record to be replaced.</param>
/// <param name="OutboxId">The outbox row of what takes its place.</param>
/// <param name="CreatedAt">When it was begun.</param>
public sealed record StoredRectification(RecordId Record, long OutboxId, DateTimeOffset CreatedAt);
