using Gateway.Ledger;

namespace Gateway.Storage.Node;

/// <summary>One batch of the feed as it goes into the store.</summary>
public sealed record FeedApply : RecordsApply
{
    /// <summary>The leaves, consecutive, the first at the size of the log before.</summary>
    public required IReadOnlyList<LoggedLeaf> Leaves { get; init; }

    /// <summary>Tiles changed by the leaves.</summary>
    public required IReadOnlyList<(TileId Id, byte[] Hashes)> Tiles { get; init; }

    /// <summary>The checkpoint the batch ends at: the new cursor.</summary>
    public required LogHead Head { get; init; }

    /// <summary>Circles this member was removed from: their records are hidden until <see cref="INodeLifeStore.DeleteEndedAsync"/> deletes them; their hits, the tags of known identifiers and readings under way are deleted; the outbox stays.</summary>
    public IReadOnlyList<LeftCircle> Left { get; init; } = [];

    /// <summary>Second readings to be done.</summary>
    public IReadOnlyList<StoredBackfill> Backfills { get; init; } = [];
}
