using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>A record at a node.</summary>
public sealed record NodeRecord
{
    /// <summary>Small local number, 1 upwards, never used twice.</summary>
    public required int Number { get; init; }

    /// <summary>The record's id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>Index of its entry in the log.</summary>
    public required ulong Index { get; init; }

    /// <summary>Its circle.</summary>
    public required CircleId Circle { get; init; }

    /// <summary>Its epoch.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Its public key, 32 bytes.</summary>
    public required byte[] RecordKey { get; init; }

    /// <summary>Last day on which it is live.</summary>
    public required UtcDay Expiry { get; init; }

    /// <summary>How it stands.</summary>
    public required NodeRecordState State { get; init; }

    /// <summary>Which check failed, for a quarantined record, else null.</summary>
    public string? Fault { get; init; }

    /// <summary>Index at which its withdrawal is promised, for a record without item, else null.</summary>
    public ulong? WithdrawnAt { get; init; }

    /// <summary>The item, or null when deleted.</summary>
    public byte[]? Item { get; init; }

    /// <summary>Tags of slots and name tags, 16 bytes each, or empty when deleted.</summary>
    public byte[] Tags { get; init; } = [];
}
