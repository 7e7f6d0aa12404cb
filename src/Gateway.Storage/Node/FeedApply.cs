using Gateway.Ledger;
using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>One batch of the feed as it goes into the store.</summary>
public sealed record FeedApply
{
    /// <summary>The leaves, consecutive, the first at the size of the log before.</summary>
    public required IReadOnlyList<LoggedLeaf> Leaves { get; init; }

    /// <summary>Tiles changed by the leaves.</summary>
    public required IReadOnlyList<(TileId Id, byte[] Hashes)> Tiles { get; init; }

    /// <summary>The checkpoint the batch ends at: the new cursor.</summary>
    public required LogHead Head { get; init; }

    /// <summary>New records, numbered by the caller from the last number on.</summary>
    public IReadOnlyList<NodeRecord> Records { get; init; } = [];

    /// <summary>
    /// Records whose state changes. Withdrawn and expired: item, tags and hits are deleted. Quarantined: hits are deleted; item and tags stay, so that it can be released.
    /// Live (released) and awaiting withdrawal: nothing is deleted.
    /// </summary>
    public IReadOnlyList<(int Number, NodeRecordState State)> Ended { get; init; } = [];

    /// <summary>Known identifiers that meet the new records.</summary>
    public IReadOnlyList<StoredHit> Hits { get; init; } = [];

    /// <summary>Alarms the batch raised.</summary>
    public IReadOnlyList<StoredAlarm> Alarms { get; init; } = [];

    /// <summary>Own records that now stand in the own tree: their outbox rows close.</summary>
    public IReadOnlyList<RecordId> ClosedOutbox { get; init; } = [];

    /// <summary>Own records whose withdrawal now stands in the own tree.</summary>
    public IReadOnlyList<RecordId> WithdrawnOutbox { get; init; } = [];
}
