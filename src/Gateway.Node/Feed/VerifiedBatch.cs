using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

/// <summary>A record that a batch brings.</summary>
/// <param name="Index">Index of its entry.</param>
/// <param name="Entry">The entry.</param>
/// <param name="Item">The item; empty where the broker has deleted it.</param>
/// <param name="Circle">The key it is sealed under.</param>
/// <param name="WithdrawnAt">Index of the promised withdrawal, where the item is missing for it.</param>
public sealed record ArrivedRecord(ulong Index, RecordPublished Entry, ReadOnlyMemory<byte> Item, CircleKey Circle, ulong? WithdrawnAt)
{
    /// <summary>The item, opened ahead; null where it was not.</summary>
    public OpenedItem? Opened { get; init; }
}

/// <summary>A withdrawal that a batch brings.</summary>
/// <param name="Index">Index of its entry.</param>
/// <param name="Entry">The entry.</param>
public sealed record ArrivedWithdrawal(ulong Index, RecordWithdrawn Entry);

/// <summary>A batch that holds: every leaf accounted for, the root the checkpoint's. Nothing of it is applied yet.</summary>
public sealed record VerifiedBatch
{
    /// <summary>What is true after it.</summary>
    public required NodeView View { get; init; }

    /// <summary>The leaves for the store.</summary>
    public required IReadOnlyList<LoggedLeaf> Leaves { get; init; }

    /// <summary>The checkpoint.</summary>
    public required LogHead Head { get; init; }

    /// <summary>Records, in order.</summary>
    public required IReadOnlyList<ArrivedRecord> Records { get; init; }

    /// <summary>Withdrawals, in order.</summary>
    public required IReadOnlyList<ArrivedWithdrawal> Withdrawals { get; init; }

    /// <summary>What is said about disputes, in order.</summary>
    public required IReadOnlyList<ArrivedDispute> Disputes { get; init; }

    /// <summary>Index of its last Day entry; null when it has none.</summary>
    public ulong? DayAt { get; init; }

    /// <summary>Circle epochs that this member can open from here on.</summary>
    public required IReadOnlyList<CircleKey> NewKeys { get; init; }

    /// <summary>Circles that this member was taken out of, with the index of the entry that did it.</summary>
    public required IReadOnlyList<(CircleId Circle, ulong At)> Left { get; init; }

    /// <summary>Grants of older epochs' keys to this member, as second readings of the log to be done.</summary>
    public required IReadOnlyList<StoredBackfill> Grants { get; init; }

    /// <summary>Entries that contradict the log before them and are not believed.</summary>
    public required IReadOnlyList<Refusal> Alarms { get; init; }
}
