using Gateway.Protocol;
using Gateway.Protocol.Disputes;

namespace Gateway.Storage.Node;

/// <summary>What leaves of the log do to this node's records, as it goes into the store.</summary>
public abstract record RecordsApply
{
    /// <summary>New records, numbered by the caller from the last number on.</summary>
    public IReadOnlyList<NodeRecord> Records { get; init; } = [];

    /// <summary>
    /// Records whose state changes. Withdrawn and expired: hits are deleted, item and tags hidden until <see cref="INodeLifeStore.DeleteEndedAsync"/> deletes them. Quarantined: hits are deleted;
    /// item and tags stay, so that it can be released.
    /// Live (released) and awaiting withdrawal: nothing is deleted.
    /// </summary>
    public IReadOnlyList<(int Number, NodeRecordState State)> Ended { get; init; } = [];

    /// <summary>By number, the index of the entry that ended a record: its withdrawal, or the Day it expired on. The last leaf held where it is not stated.</summary>
    public IReadOnlyDictionary<int, ulong> EndedAt { get; init; } = new Dictionary<int, ulong>();

    /// <summary>Withdrawn records and those that take their place.</summary>
    public IReadOnlyList<(RecordId Record, RecordId Replacement)> Replacements { get; init; } = [];

    /// <summary>Known identifiers that meet the new records.</summary>
    public IReadOnlyList<StoredHit> Hits { get; init; } = [];

    /// <summary>How disputes stand after the leaves, each in place of what was known of the record's dispute.</summary>
    public IReadOnlyList<DisputeState> Disputes { get; init; } = [];

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
