using Gateway.Ledger;
using Gateway.Protocol;

namespace Gateway.Storage.Broker;

/// <summary>One transaction of the sequencer.</summary>
public sealed record LogAppend
{
    /// <summary>The leaves, consecutive, the first at the size of the log before.</summary>
    public required IReadOnlyList<BrokerLeaf> Leaves { get; init; }

    /// <summary>Tiles changed by the leaves.</summary>
    public required IReadOnlyList<(TileId Id, byte[] Hashes)> Tiles { get; init; }

    /// <summary>Checkpoint over all leaves.</summary>
    public required LogHead Head { get; init; }

    /// <summary>Records published by the leaves; their items stand in the leaves.</summary>
    public IReadOnlyList<PublishedRecord> Records { get; init; } = [];

    /// <summary>Records withdrawn by the leaves, with the index of the withdrawal: their items are deleted.</summary>
    public IReadOnlyList<(RecordId Id, ulong WithdrawnAt)> Withdrawals { get; init; } = [];

    /// <summary>How disputes stand after the leaves, each in place of what was known of the record's dispute.</summary>
    public IReadOnlyList<StoredDispute> Disputes { get; init; } = [];

    /// <summary>Invitations used by the leaves: SHA-256 of the token, and the index of the MemberJoined entry. The append fails with <see cref="InvitationUsedException"/> where one is used already.</summary>
    public IReadOnlyList<(byte[] TokenHash, ulong UsedAt)> UsedInvitations { get; init; } = [];

    /// <summary>Changes carried out by the leaves. The append fails with <see cref="ChangeDecidedException"/> where one is not open to its decision.</summary>
    public IReadOnlyList<ChangeDecision> Decisions { get; init; } = [];

    /// <summary>Routing keys of epochs begun by the leaves; the proposals of these epochs are deleted.</summary>
    public IReadOnlyList<StoredRouteKey> RouteKeys { get; init; } = [];

    /// <summary>Quota used by what the leaves publish.</summary>
    public IReadOnlyList<QuotaUsage> Usage { get; init; } = [];
}
