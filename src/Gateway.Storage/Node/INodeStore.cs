using Gateway.Ledger;
using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>
/// What a node keeps. Any number read while one of the node's writers writes; the store puts writers one behind the other. A write has happened, durably and
/// whole, when its task completes; when it fails, nothing of it has happened. Failures: <see cref="StoreUnavailableException"/>, <see cref="StoreCorruptException"/>.
/// What is secret here (identifiers' evaluations, drafts) arrives sealed: the store never holds a key.
/// </summary>
public interface INodeStore : ITileReader, IAsyncDisposable
{
    /// <summary>Applies one batch of the feed: leaves, tiles, checkpoint (which is the cursor), records and their ends, hits and alarms, in one transaction.</summary>
    ValueTask ApplyAsync(FeedApply apply, CancellationToken cancellation);

    /// <summary>The checkpoint up to which the feed is applied, or null in an empty store.</summary>
    ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>Leaves <paramref name="from"/> ≤ index &lt; <paramref name="to"/>, ascending.</summary>
    IAsyncEnumerable<LoggedLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation);

    /// <summary>Readable leaves that make up the state of the network, ascending: everything but records and withdrawals.</summary>
    IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation);

    /// <summary>For the matcher's start: the tags of every live record, ascending by number.</summary>
    IAsyncEnumerable<RecordTags> ReadLiveTagsAsync(CancellationToken cancellation);

    /// <summary>A record by its id, or null.</summary>
    ValueTask<NodeRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation);

    /// <summary>A record by its number, with its item, or null.</summary>
    ValueTask<NodeRecord?> ReadRecordAsync(int number, CancellationToken cancellation);

    /// <summary>Which of these record ids and keys are held already, whatever their state (protocol §5: never seen before).</summary>
    ValueTask<SeenRecords> FindSeenAsync(IReadOnlyCollection<RecordId> ids, IReadOnlyCollection<ReadOnlyMemory<byte>> recordKeys, CancellationToken cancellation);

    /// <summary>The highest record number given so far; 0 when none.</summary>
    ValueTask<int> ReadLastRecordNumberAsync(CancellationToken cancellation);

    /// <summary>Numbers of live records whose expiry_day lies before <paramref name="day"/>.</summary>
    ValueTask<IReadOnlyList<NodeRecord>> ReadExpiredAsync(UtcDay day, CancellationToken cancellation);

    /// <summary>Records without item whose withdrawal is promised at one of these indexes or later (see FeedLeaf.withdrawn_at).</summary>
    ValueTask<IReadOnlyList<NodeRecord>> ReadAwaitingWithdrawalAsync(CancellationToken cancellation);

    /// <summary>Records newest first.</summary>
    /// <param name="circle">Only this circle's, or null.</param>
    /// <param name="cancellation">Ends the reading.</param>
    IAsyncEnumerable<NodeRecord> ListRecordsAsync(CircleId? circle, CancellationToken cancellation);

    /// <summary>Records by circle and state.</summary>
    ValueTask<IReadOnlyList<(CircleId Circle, NodeRecordState State, long Count)>> CountRecordsAsync(CancellationToken cancellation);

    /// <summary>Keeps identifiers that were evaluated, with their tags and the records they meet, in one transaction. An identifier held already is left as it is.</summary>
    ValueTask AddKnownAsync(IReadOnlyCollection<KnownIdentifier> identifiers, CancellationToken cancellation);

    /// <summary>Adds the tags of known identifiers under a new epoch and the records they meet.</summary>
    ValueTask AddKnownTagsAsync(IReadOnlyCollection<KnownTag> tags, IReadOnlyCollection<StoredHit> hits, CancellationToken cancellation);

    /// <summary>For the matcher's start: the hashes of all known identifiers of a version.</summary>
    IAsyncEnumerable<UInt128> ReadKnownHashesAsync(uint version, CancellationToken cancellation);

    /// <summary>For the matcher's start: the tags of all known identifiers.</summary>
    IAsyncEnumerable<KnownTag> ReadKnownTagsAsync(CancellationToken cancellation);

    /// <summary>For the matcher's start: which known identifier meets which live record.</summary>
    IAsyncEnumerable<StoredHit> ReadHitsAsync(CancellationToken cancellation);

    /// <summary>The sealed evaluation of an identifier, or null.</summary>
    ValueTask<KnownIdentifier?> FindKnownAsync(uint version, UInt128 hash, CancellationToken cancellation);

    /// <summary>All known identifiers of a version with their sealed evaluations, for a new epoch's tags.</summary>
    IAsyncEnumerable<KnownIdentifier> ReadKnownAsync(uint version, CancellationToken cancellation);

    /// <summary>Puts drafts into the outbox. A draft with a reference and circle that is there with the same content is not added again: its row is returned.</summary>
    ValueTask<IReadOnlyList<OutboxRow>> AddDraftsAsync(IReadOnlyCollection<OutboxRow> drafts, CancellationToken cancellation);

    /// <summary>Rewrites outbox rows by their id.</summary>
    ValueTask UpdateOutboxAsync(IReadOnlyCollection<OutboxRow> rows, CancellationToken cancellation);

    /// <summary>Outbox rows in a state, ascending by id, from an id on.</summary>
    ValueTask<IReadOnlyList<OutboxRow>> ReadOutboxAsync(OutboxState state, long afterId, int most, CancellationToken cancellation);

    /// <summary>The outbox row of a record of one's own, or null.</summary>
    ValueTask<OutboxRow?> FindOutboxAsync(RecordId id, CancellationToken cancellation);

    /// <summary>Outbox rows newest first, without submissions and drafts.</summary>
    IAsyncEnumerable<OutboxRow> ListOutboxAsync(CancellationToken cancellation);

    /// <summary>Outbox rows by state.</summary>
    ValueTask<IReadOnlyDictionary<OutboxState, long>> CountOutboxAsync(CancellationToken cancellation);

    /// <summary>Puts a withdrawal into the outbox; the same record again leaves the first.</summary>
    ValueTask AddWithdrawalAsync(OutboxWithdrawal withdrawal, CancellationToken cancellation);

    /// <summary>Withdrawals that the broker has not acknowledged.</summary>
    ValueTask<IReadOnlyList<OutboxWithdrawal>> ReadOpenWithdrawalsAsync(CancellationToken cancellation);

    /// <summary>Rewrites a withdrawal.</summary>
    ValueTask UpdateWithdrawalAsync(OutboxWithdrawal withdrawal, CancellationToken cancellation);

    /// <summary>Keeps an alarm.</summary>
    ValueTask AddAlarmAsync(StoredAlarm alarm, CancellationToken cancellation);

    /// <summary>Alarms newest first.</summary>
    ValueTask<IReadOnlyList<StoredAlarm>> ReadAlarmsAsync(int most, CancellationToken cancellation);
}

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

    /// <summary>Records that ended or were released: item and tags are deleted, hits too, unless the new state is live.</summary>
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

/// <summary>How a record stands at a node. The numbers are stored.</summary>
public enum NodeRecordState
{
    /// <summary>Indexed and matched.</summary>
    Live = 1,

    /// <summary>Withdrawn: item, tags and hits are gone.</summary>
    Withdrawn = 2,

    /// <summary>Expired: item, tags and hits are gone.</summary>
    Expired = 3,

    /// <summary>A check failed: kept, not matched.</summary>
    Quarantined = 4,

    /// <summary>Its item was gone when the feed brought it; the withdrawal is promised.</summary>
    AwaitingWithdrawal = 5,
}

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

/// <summary>The tags of a live record.</summary>
/// <param name="Number">The record's number.</param>
/// <param name="Tags">16 bytes each.</param>
public readonly record struct RecordTags(int Number, byte[] Tags);

/// <summary>What of a set of ids and keys was seen before.</summary>
public sealed record SeenRecords(IReadOnlySet<RecordId> Ids, IReadOnlySet<string> RecordKeysHex);

/// <summary>An identifier this node has had evaluated.</summary>
/// <param name="Version">OPRF version.</param>
/// <param name="Hash">SipHash-128 of the identifier under the node's key.</param>
/// <param name="SealedEvaluation">y (64 bytes) sealed under the node's cache key.</param>
/// <param name="UsedDay">Day it was last used: unused ones go after 13 months.</param>
public sealed record KnownIdentifier(uint Version, UInt128 Hash, byte[] SealedEvaluation, UtcDay UsedDay)
{
    /// <summary>Its tags, when it is added.</summary>
    public IReadOnlyList<KnownTag> Tags { get; init; } = [];

    /// <summary>The records it meets, when it is added.</summary>
    public IReadOnlyList<int> Records { get; init; } = [];
}

/// <summary>A known identifier's tag under one circle's epoch.</summary>
public readonly record struct KnownTag(Tag Tag, UInt128 Hash, CircleId Circle, uint Epoch);

/// <summary>A known identifier meets a record.</summary>
public readonly record struct StoredHit(UInt128 Hash, int Record);

/// <summary>How far a contribution has come. The numbers are stored.</summary>
public enum OutboxState
{
    /// <summary>Draft: identifiers may still wait for evaluation.</summary>
    Draft = 1,

    /// <summary>Sealed: its submission goes to the broker until it answers.</summary>
    Sealed = 2,

    /// <summary>The broker gave a receipt; the own tree does not hold it yet.</summary>
    Acknowledged = 3,

    /// <summary>Stands in the own tree.</summary>
    Closed = 4,

    /// <summary>Refused for good.</summary>
    Refused = 5,

    /// <summary>Withdrawn again.</summary>
    Withdrawn = 6,
}

/// <summary>A contribution of the member's own.</summary>
public sealed record OutboxRow
{
    /// <summary>Number given by the store; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>Circle it goes to.</summary>
    public required CircleId Circle { get; init; }

    /// <summary>The member's own reference.</summary>
    public required string Reference { get; init; }

    /// <summary>SHA-256 of the contribution: tells a repetition from a change. 32 bytes.</summary>
    public required byte[] ContentHash { get; init; }

    /// <summary>How far it has come.</summary>
    public required OutboxState State { get; init; }

    /// <summary>The contribution, sealed under the node's cache key; null once closed.</summary>
    public byte[]? Draft { get; init; }

    /// <summary>rec_salt, 32 bytes, once sealed: re-derives the record's keys.</summary>
    public byte[]? RecordSalt { get; init; }

    /// <summary>Id of the record, once sealed.</summary>
    public RecordId? RecordId { get; init; }

    /// <summary>The Submission as sent, from sealed to closed.</summary>
    public byte[]? Submission { get; init; }

    /// <summary>The Receipt, once acknowledged; kept until expiry.</summary>
    public byte[]? Receipt { get; init; }

    /// <summary>The broker's or the node's ErrorDetail, when refused.</summary>
    public byte[]? Refusal { get; init; }

    /// <summary>When it was put here.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A withdrawal of the member's own.</summary>
/// <param name="Record">The record.</param>
/// <param name="Request">The WithdrawRequest as sent.</param>
/// <param name="Receipt">The Receipt, once acknowledged.</param>
/// <param name="Refusal">The ErrorDetail, when refused.</param>
/// <param name="CreatedAt">When it was put here.</param>
public sealed record OutboxWithdrawal(RecordId Record, byte[] Request, byte[]? Receipt, byte[]? Refusal, DateTimeOffset CreatedAt);

/// <summary>An alarm.</summary>
/// <param name="RaisedAt">When.</param>
/// <param name="Error">The ErrorDetail.</param>
/// <param name="Evidence">Exportable evidence, e.g. two checkpoints; empty when none.</param>
public sealed record StoredAlarm(DateTimeOffset RaisedAt, byte[] Error, byte[] Evidence);
