using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>What leaves of the log do to this node's records, as it goes into the store.</summary>
public abstract record RecordsApply
{
    /// <summary>New records, numbered by the caller from the last number on.</summary>
    public IReadOnlyList<NodeRecord> Records { get; init; } = [];

    /// <summary>
    /// Records whose state changes. Withdrawn and expired: item, tags and hits are deleted. Quarantined: hits are deleted; item and tags stay, so that it can be released.
    /// Live (released) and awaiting withdrawal: nothing is deleted.
    /// </summary>
    public IReadOnlyList<(int Number, NodeRecordState State)> Ended { get; init; } = [];

    /// <summary>Known identifiers that meet the new records.</summary>
    public IReadOnlyList<StoredHit> Hits { get; init; } = [];

    /// <summary>Alarms raised.</summary>
    public IReadOnlyList<StoredAlarm> Alarms { get; init; } = [];

    /// <summary>Own records that now stand in the own tree: their outbox rows are published, and close when that is accepted.</summary>
    public IReadOnlyList<RecordId> LoggedOutbox { get; init; } = [];

    /// <summary>Own records whose withdrawal now stands in the own tree.</summary>
    public IReadOnlyList<RecordId> WithdrawnOutbox { get; init; } = [];
}

/// <summary>A circle that this member no longer belongs to.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="At">Index of the entry that removed it: records below go.</param>
/// <param name="KeptEpochs">Epochs whose keys it holds again already; the tags of all others go.</param>
public sealed record LeftCircle(CircleId Circle, ulong At, IReadOnlyCollection<uint> KeptEpochs);

/// <summary>A part of a second reading of the log as it goes into the store, with its cursor.</summary>
public sealed record BackfillApply : RecordsApply
{
    /// <summary>The reading, at its new cursor; it ends when nothing remains.</summary>
    public required StoredBackfill Backfill { get; init; }

    /// <summary>Leaves held already whose entries can be read now.</summary>
    public required IReadOnlyList<LoggedLeaf> Leaves { get; init; }
}
