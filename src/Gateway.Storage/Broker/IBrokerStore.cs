using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Broker;

/// <summary>
/// What the broker keeps. One caller appends (the sequencer); any number read at the same time. A write has happened, durably and whole, when its task
/// completes; when it fails, nothing of it has happened. Failures: <see cref="StoreUnavailableException"/>, <see cref="StoreCorruptException"/>.
/// </summary>
public interface IBrokerStore : ITileReader, IAsyncDisposable
{
    /// <summary>Appends leaves with all that belongs to them, in one durable transaction.</summary>
    ValueTask AppendAsync(LogAppend append, CancellationToken cancellation);

    /// <summary>The newest checkpoint, or null in an empty store.</summary>
    ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>The checkpoint of exactly this size, or null.</summary>
    ValueTask<LogHead?> ReadCheckpointAsync(ulong size, CancellationToken cancellation);

    /// <summary>The largest checkpoint with <paramref name="from"/> &lt; size ≤ <paramref name="from"/> + <paramref name="most"/>; where there is none, the smallest one above <paramref name="from"/>; null when the log ends at or before <paramref name="from"/>.</summary>
    ValueTask<LogHead?> ReadBatchEndAsync(ulong from, ulong most, CancellationToken cancellation);

    /// <summary>Leaves <paramref name="from"/> ≤ index &lt; <paramref name="to"/>, ascending, with items; reads no more than the reader takes.</summary>
    IAsyncEnumerable<BrokerLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation);

    /// <summary>All leaves whose entries make up the state of the network, ascending: everything but records and withdrawals.</summary>
    IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation);

    /// <summary>A record by its id, or null.</summary>
    ValueTask<PublishedRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation);

    /// <summary>Which of the keys already stand in the log as some record's key.</summary>
    ValueTask<IReadOnlySet<RecordKey>> FindRecordKeysAsync(IReadOnlyCollection<RecordKey> keys, CancellationToken cancellation);

    /// <summary>The leaf at an index with its item, or null past the end.</summary>
    ValueTask<BrokerLeaf?> ReadLeafAsync(ulong index, CancellationToken cancellation);

    /// <summary>Deletes the items of records that expired before <paramref name="day"/>, at most <paramref name="most"/> of them. Returns how many.</summary>
    ValueTask<int> DeleteExpiredItemsAsync(UtcDay day, int most, CancellationToken cancellation);

    /// <summary>Live records by circle: neither withdrawn nor expired before <paramref name="day"/>.</summary>
    ValueTask<IReadOnlyDictionary<CircleId, long>> CountLiveRecordsAsync(UtcDay day, CancellationToken cancellation);

    /// <summary>Keeps an invitation.</summary>
    ValueTask AddInvitationAsync(Invitation invitation, CancellationToken cancellation);

    /// <summary>The invitation with this token hash, used or not, or null.</summary>
    ValueTask<Invitation?> FindInvitationAsync(ReadOnlyMemory<byte> tokenHash, CancellationToken cancellation);

    /// <summary>Invitations neither used nor expired.</summary>
    ValueTask<IReadOnlyList<Invitation>> ListOpenInvitationsAsync(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Keeps or replaces a circle's proposal for an epoch.</summary>
    ValueTask SaveProposalAsync(StoredProposal proposal, CancellationToken cancellation);

    /// <summary>Proposals that wait for their second signature.</summary>
    ValueTask<IReadOnlyList<StoredProposal>> ListProposalsAsync(CancellationToken cancellation);

    /// <summary>The routing keys the stewards gave, by circle and epoch.</summary>
    ValueTask<IReadOnlyList<StoredRouteKey>> ReadRouteKeysAsync(CancellationToken cancellation);

    /// <summary>Adds to what members have used of a quota on a day.</summary>
    ValueTask AddUsageAsync(IReadOnlyCollection<QuotaUsage> usage, CancellationToken cancellation);

    /// <summary>What members have used since a day, that day counted.</summary>
    ValueTask<IReadOnlyList<QuotaUsage>> ReadUsageAsync(UtcDay since, CancellationToken cancellation);
}

/// <summary>A record's public key: Ed25519, 32 bytes, compared as a value.</summary>
public readonly record struct RecordKey(UInt128 High, UInt128 Low)
{
    /// <summary>Reads the 32 bytes.</summary>
    public static RecordKey FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == 32
        ? new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]))
        : throw new ArgumentException($"A record key has 32 bytes, not {bytes.Length}.", nameof(bytes));
}

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

    /// <summary>Hashes of the tokens of invitations used by the leaves. The append fails with <see cref="InvitationUsedException"/> where one is used already.</summary>
    public IReadOnlyList<byte[]> UsedInvitations { get; init; } = [];

    /// <summary>Routing keys of epochs begun by the leaves; the proposals of these epochs are deleted.</summary>
    public IReadOnlyList<StoredRouteKey> RouteKeys { get; init; } = [];

    /// <summary>Quota used by what the leaves publish.</summary>
    public IReadOnlyList<QuotaUsage> Usage { get; init; } = [];
}

/// <summary>Two enrolments met at one invitation: the later one is refused.</summary>
public sealed class InvitationUsedException() : Exception("The invitation has been used already.")
{
}

/// <summary>A leaf as the broker holds it.</summary>
/// <param name="Index">Index in the log.</param>
/// <param name="LeafData">49 bytes.</param>
/// <param name="Salt">16 bytes.</param>
/// <param name="Entry">The entry's bytes.</param>
/// <param name="Kind">Which content the entry has.</param>
/// <param name="Circle">The circle the leaf is routed to, or null for network-wide.</param>
/// <param name="Epoch">Epoch whose route key it is routed under; 0 for network-wide.</param>
/// <param name="Item">The record's item, or null: not a record, withdrawn or expired.</param>
/// <param name="WithdrawnAt">Index of the withdrawal of this leaf's record, or null.</param>
public sealed record BrokerLeaf(ulong Index, byte[] LeafData, byte[] Salt, byte[] Entry, Entry.ContentOneofCase Kind, CircleId? Circle, uint Epoch, byte[]? Item, ulong? WithdrawnAt = null);

/// <summary>What the broker knows of a published record beside its entry. The contributor never leaves the broker but by Reveal.</summary>
public sealed record PublishedRecord
{
    /// <summary>The record's id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>Index of its RecordPublished entry.</summary>
    public required ulong Index { get; init; }

    /// <summary>Its circle.</summary>
    public required CircleId Circle { get; init; }

    /// <summary>Its epoch.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Its public key.</summary>
    public required RecordKey RecordKey { get; init; }

    /// <summary>Last day on which it is live.</summary>
    public required UtcDay Expiry { get; init; }

    /// <summary>Who contributed it.</summary>
    public required MemberId Contributor { get; init; }

    /// <summary>Salt of the issuance commitment, 32 bytes.</summary>
    public required byte[] IssuanceSalt { get; init; }

    /// <summary>The contributor's signature, 64 bytes.</summary>
    public required byte[] MemberSignature { get; init; }

    /// <summary>Size of the tree of its receipt's checkpoint.</summary>
    public required ulong ReceiptSize { get; init; }

    /// <summary>Index of its withdrawal, or null.</summary>
    public ulong? WithdrawnAt { get; init; }
}

/// <summary>A one-time invitation. The token itself is not kept.</summary>
/// <param name="TokenHash">SHA-256 of the token, 32 bytes.</param>
/// <param name="Member">Id the organisation will have.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role.</param>
/// <param name="ExpiresAt">When the invitation ends.</param>
/// <param name="UsedAt">Index of the MemberJoined entry it led to, or null.</param>
public sealed record Invitation(byte[] TokenHash, MemberId Member, string Name, MemberRole Role, DateTimeOffset ExpiresAt, ulong? UsedAt = null);

/// <summary>A key epoch that waits for its second signature.</summary>
/// <param name="Circle">The circle.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Request">The ProposeEpochRequest as received.</param>
public sealed record StoredProposal(CircleId Circle, uint Epoch, byte[] Request);

/// <summary>A circle's routing key of one epoch, 32 bytes.</summary>
public sealed record StoredRouteKey(CircleId Circle, uint Epoch, byte[] Key);

/// <summary>How much of a quota a member has used on a day.</summary>
/// <param name="Member">The member.</param>
/// <param name="Quota">Name of the quota: "records", "strong", "compound", "name".</param>
/// <param name="Day">The day, by the broker's clock.</param>
/// <param name="Count">How many.</param>
public sealed record QuotaUsage(MemberId Member, string Quota, UtcDay Day, long Count);
