namespace Gateway.Storage.Node;

/// <summary>What a node keeps to hold the broker to one history.</summary>
public interface INeutralityStore
{
    /// <summary>Keeps other members' cosigned checkpoints in place of their older ones, and raises the accepted size if it is higher, in one transaction.</summary>
    ValueTask AcceptAsync(IReadOnlyCollection<StoredCosignature> cosignatures, ulong acceptedSize, CancellationToken cancellation);

    /// <summary>The newest of each member, by member.</summary>
    ValueTask<IReadOnlyList<StoredCosignature>> ReadCosignaturesAsync(CancellationToken cancellation);

    /// <summary>Leaves accepted; 0 before any.</summary>
    ValueTask<ulong> ReadAcceptedSizeAsync(CancellationToken cancellation);

    /// <summary>
    /// Closes outbox rows in state <see cref="OutboxState.Logged"/> whose record stands below a size, or is not held any more: what was to be sent is deleted, what proves it stays. At most
    /// <paramref name="most"/> of them; returns how many.
    /// </summary>
    ValueTask<int> CloseOutboxAsync(ulong acceptedSize, int most, CancellationToken cancellation);

    /// <summary>Remembers a checkpoint larger than this node's tree; the same note from one source once. Of each source at most <paramref name="most"/> are kept, the oldest and the newest.</summary>
    ValueTask AddSightingAsync(StoredSighting sighting, int most, CancellationToken cancellation);

    /// <summary>Remembered checkpoints up to a size, smallest first.</summary>
    ValueTask<IReadOnlyList<StoredSighting>> ReadSightingsAsync(ulong upTo, CancellationToken cancellation);

    /// <summary>Forgets a remembered checkpoint.</summary>
    ValueTask DeleteSightingAsync(long id, CancellationToken cancellation);

    /// <summary>Keeps evidence; what is kept already (by <see cref="StoredForkEvidence.Digest"/>) is left as it is, but is open again.</summary>
    ValueTask AddEvidenceAsync(StoredForkEvidence evidence, CancellationToken cancellation);

    /// <summary>All evidence, oldest first.</summary>
    ValueTask<IReadOnlyList<StoredForkEvidence>> ReadEvidenceAsync(CancellationToken cancellation);

    /// <summary>Says that evidence is dealt with; false where there is none of this id.</summary>
    ValueTask<bool> SettleEvidenceAsync(long id, DateTimeOffset at, string by, CancellationToken cancellation);
}

/// <summary>A checkpoint that somebody showed.</summary>
/// <param name="Id">Number given by the store; 0 before.</param>
/// <param name="Size">Its size.</param>
/// <param name="Source">Who showed it.</param>
/// <param name="Note">The note.</param>
public sealed record StoredSighting(long Id, ulong Size, string Source, byte[] Note);

/// <summary>Evidence of a fork.</summary>
/// <param name="Id">Number given by the store; 0 before.</param>
/// <param name="Digest">SHA-256 over both checkpoints' texts, 32 bytes: one fork from one pair of checkpoints is kept once.</param>
/// <param name="Source">Who showed the other history.</param>
/// <param name="Evidence">The ForkEvidence.</param>
/// <param name="SettledAt">When it was dealt with; null while it is open.</param>
/// <param name="SettledBy">By whom; empty where nobody had to.</param>
public sealed record StoredForkEvidence(long Id, byte[] Digest, string Source, byte[] Evidence, DateTimeOffset? SettledAt = null, string SettledBy = "");
