using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Storage.Audit;

namespace Gateway.Storage.Node;

/// <summary>
/// What a node keeps. Any number read while one of the node's writers writes; the store puts writers one behind the other. A write has happened, durably and
/// whole, when its task completes; when it fails, nothing of it has happened. Failures: <see cref="StoreUnavailableException"/>, <see cref="StoreCorruptException"/>.
/// What is secret here (identifiers' evaluations, drafts) arrives sealed: the store never holds a key.
/// </summary>
public interface INodeStore : IWatchStore, INodeDisputeStore, INodeOutcomeStore, INodeLifeStore, ITileReader, IAsyncDisposable
{
    /// <summary>What the officers of this member did at the node, and what was refused.</summary>
    IAuditStore Audit { get; }

    /// <summary>Cases with contributors, askers and police members.</summary>
    ICaseStore Cases { get; }

    /// <summary>What holds the broker to one history.</summary>
    INeutralityStore Neutrality { get; }

    /// <summary>The other processes that use this store; null where it is one process's alone.</summary>
    IReplicaStore? Replicas => null;

    /// <summary>Applies one batch of the feed: leaves, tiles, checkpoint (which is the cursor), records and their ends, hits and alarms, in one transaction.</summary>
    ValueTask ApplyAsync(FeedApply apply, CancellationToken cancellation);

    /// <summary>The checkpoint up to which the feed is applied, or null in an empty store.</summary>
    ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>Leaves <paramref name="from"/> ≤ index &lt; <paramref name="to"/>, ascending.</summary>
    IAsyncEnumerable<LoggedLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation);

    /// <summary>Readable leaves that make up the state of the network, ascending: everything but what is about one record.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="from">Only from this index on.</param>
    IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation, ulong from = 0);

    /// <summary>For the matcher's start: the tags of every live record, ascending by number.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="after">Only records with a higher number; 0 for all.</param>
    IAsyncEnumerable<RecordTags> ReadLiveTagsAsync(CancellationToken cancellation, int after = 0);

    /// <summary>The record of this id, with item and tags, or null. Of several (all but the first are quarantined repetitions) the first.</summary>
    ValueTask<NodeRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation);

    /// <summary>A record by its number, with its item and tags, or null.</summary>
    ValueTask<NodeRecord?> ReadRecordAsync(int number, CancellationToken cancellation);

    /// <summary>Which of these record ids and keys are held already, whatever their state (protocol §5: never seen before).</summary>
    ValueTask<SeenRecords> FindSeenAsync(IReadOnlyCollection<RecordId> ids, IReadOnlyCollection<ReadOnlyMemory<byte>> recordKeys, CancellationToken cancellation);

    /// <summary>The highest record number given so far; 0 when none.</summary>
    ValueTask<int> ReadLastRecordNumberAsync(CancellationToken cancellation);

    /// <summary>Records that are live, quarantined or await their withdrawal and whose expiry_day lies before <paramref name="day"/>, without items and tags.</summary>
    ValueTask<IReadOnlyList<NodeRecord>> ReadExpiredAsync(UtcDay day, CancellationToken cancellation);

    /// <summary>Moves a live record to quarantine, because opening it showed a fault: its hits are deleted, item and tags stay. A record in another state is left as it is.</summary>
    ValueTask QuarantineAsync(int number, string fault, CancellationToken cancellation);

    /// <summary>Records without item whose withdrawal is promised (see FeedLeaf.withdrawn_at) and has not come, ascending by the promised index.</summary>
    ValueTask<IReadOnlyList<NodeRecord>> ReadAwaitingWithdrawalAsync(CancellationToken cancellation);

    /// <summary>Records newest first, without items and tags.</summary>
    /// <param name="circle">Only this circle's, or null.</param>
    /// <param name="cancellation">Ends the reading.</param>
    IAsyncEnumerable<NodeRecord> ListRecordsAsync(CircleId? circle, CancellationToken cancellation);

    /// <summary>Records by circle and state.</summary>
    ValueTask<IReadOnlyList<(CircleId Circle, NodeRecordState State, long Count)>> CountRecordsAsync(CancellationToken cancellation);

    /// <summary>
    /// Keeps identifiers that were evaluated, with their tags and the records they meet, in one transaction. Of an identifier held already the row is left as it is; its
    /// tags and records are added where they are missing. A meeting with a record that is no longer live is dropped.
    /// </summary>
    ValueTask AddKnownAsync(IReadOnlyCollection<KnownIdentifier> identifiers, CancellationToken cancellation);

    /// <summary>Adds the tags of known identifiers under a new epoch and the records they meet. What is held already stays; a meeting with a record that is no longer live is dropped.</summary>
    ValueTask AddKnownTagsAsync(IReadOnlyCollection<KnownTag> tags, IReadOnlyCollection<StoredHit> hits, CancellationToken cancellation);

    /// <summary>For the matcher's start: the hashes of known identifiers of a version, ascending by row. Rows are numbered from 1 in the order of their writing, and never change.</summary>
    /// <param name="version">OPRF version.</param>
    /// <param name="after">Only rows with a higher number; 0 for all.</param>
    /// <param name="cancellation">Ends the reading.</param>
    IAsyncEnumerable<(long Row, UInt128 Hash)> ReadKnownHashesAsync(uint version, long after, CancellationToken cancellation);

    /// <summary>For the matcher's start: how many identifiers of a version are known.</summary>
    ValueTask<long> CountKnownAsync(uint version, CancellationToken cancellation);

    /// <summary>For the matcher's start: the tags of known identifiers of every version, likewise.</summary>
    IAsyncEnumerable<(long Row, KnownTag Tag)> ReadKnownTagsAsync(long after, CancellationToken cancellation);

    /// <summary>For the matcher's start: which known identifier meets which live record.</summary>
    IAsyncEnumerable<StoredHit> ReadHitsAsync(CancellationToken cancellation);

    /// <summary>The sealed evaluation of an identifier, or null.</summary>
    ValueTask<KnownIdentifier?> FindKnownAsync(uint version, UInt128 hash, CancellationToken cancellation);

    /// <summary>All known identifiers of a version with their sealed evaluations, for a new epoch's tags.</summary>
    IAsyncEnumerable<KnownIdentifier> ReadKnownAsync(uint version, CancellationToken cancellation);

    /// <summary>
    /// Puts drafts into the outbox and returns for each, in order, the row now there for its circle and reference. There was none: the draft. There was one refused or withdrawn, or
    /// another draft with other content: the draft under that row's id. There was any other: that row unchanged, so the caller compares <see cref="OutboxRow.ContentHash"/> to tell
    /// a repetition from a reference used for something else.
    /// </summary>
    ValueTask<IReadOnlyList<OutboxRow>> AddDraftsAsync(IReadOnlyCollection<OutboxRow> drafts, CancellationToken cancellation);

    /// <summary>Rewrites outbox rows by their id, all or none.</summary>
    /// <exception cref="InvalidOperationException">There is no row of an id.</exception>
    ValueTask UpdateOutboxAsync(IReadOnlyCollection<OutboxRow> rows, CancellationToken cancellation);

    /// <summary>
    /// Writes how far work on outbox rows has come, and returns for each, in order, the row now there. A row whose contribution was replaced meanwhile (another content hash or time) stays
    /// as it is: the work was on what is no longer wanted. A row that the feed closed or ended meanwhile keeps its state and takes the receipt alone.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no row of an id.</exception>
    ValueTask<IReadOnlyList<OutboxRow>> AdvanceOutboxAsync(IReadOnlyCollection<OutboxRow> rows, CancellationToken cancellation);

    /// <summary>The outbox row of an id, or null.</summary>
    ValueTask<OutboxRow?> ReadOutboxRowAsync(long id, CancellationToken cancellation);

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

    /// <summary>Withdrawals that the broker has neither acknowledged nor refused, oldest first.</summary>
    ValueTask<IReadOnlyList<OutboxWithdrawal>> ReadOpenWithdrawalsAsync(CancellationToken cancellation);

    /// <summary>The withdrawal of a record, or null.</summary>
    ValueTask<OutboxWithdrawal?> FindWithdrawalAsync(RecordId record, CancellationToken cancellation);

    /// <summary>Rewrites a withdrawal.</summary>
    ValueTask UpdateWithdrawalAsync(OutboxWithdrawal withdrawal, CancellationToken cancellation);

    /// <summary>Applies a part of a second reading of the log: entries, records and their ends, hits, alarms and the reading's cursor, in one transaction.</summary>
    /// <exception cref="InvalidOperationException">The reading is not under way.</exception>
    ValueTask ApplyBackfillAsync(BackfillApply apply, CancellationToken cancellation);

    /// <summary>Second readings of the log that are under way, oldest grant first.</summary>
    ValueTask<IReadOnlyList<StoredBackfill>> ReadBackfillsAsync(CancellationToken cancellation);

    /// <summary>The tags of all known identifiers in a circle.</summary>
    ValueTask<IReadOnlyList<KnownTag>> ReadKnownTagsOfAsync(CircleId circle, CancellationToken cancellation);

    /// <summary>The tags of a circle's live records below an index.</summary>
    ValueTask<IReadOnlyList<RecordTags>> ReadTagsOfAsync(CircleId circle, ulong before, CancellationToken cancellation);

    /// <summary>A circle's epochs with records that are live, quarantined or await their withdrawal, ascending.</summary>
    ValueTask<IReadOnlyList<uint>> ReadLiveEpochsAsync(CircleId circle, CancellationToken cancellation);

    /// <summary>Replaces what officers have ordered about a circle.</summary>
    /// <param name="circle">The circle.</param>
    /// <param name="orders">Its orders from now on.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="before">The orders that this was decided by; null where it does not matter.</param>
    /// <exception cref="StoreMovedException">The orders are not those before: another process has replaced them.</exception>
    ValueTask ReplaceCircleOrdersAsync(CircleId circle, IReadOnlyCollection<StoredCircleOrder> orders, CancellationToken cancellation, IReadOnlyCollection<StoredCircleOrder>? before = null);

    /// <summary>What officers have ordered, by circle and member.</summary>
    ValueTask<IReadOnlyList<StoredCircleOrder>> ReadCircleOrdersAsync(CancellationToken cancellation);

    /// <summary>Keeps an alarm.</summary>
    ValueTask AddAlarmAsync(StoredAlarm alarm, CancellationToken cancellation);

    /// <summary>Alarms newest first.</summary>
    ValueTask<IReadOnlyList<StoredAlarm>> ReadAlarmsAsync(int most, CancellationToken cancellation);
}
