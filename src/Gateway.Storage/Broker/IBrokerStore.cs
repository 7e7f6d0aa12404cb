using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Audit;

namespace Gateway.Storage.Broker;

/// <summary>
/// What the broker keeps. Appends come from one caller of each process (the sequencer); any number read at the same time. A write has happened, durably and whole, when its task
/// completes; when it fails, nothing of it has happened. Failures: <see cref="StoreUnavailableException"/>, <see cref="StoreCorruptException"/>.
/// </summary>
public interface IBrokerStore : IQuotaStore, IBrokerLifeStore, ITileReader
{
    /// <summary>Certificates issued and denied.</summary>
    ICertificateStore Certificates { get; }

    /// <summary>Disputes about records, and what was filed to their desks.</summary>
    IDisputeStore Disputes { get; }

    /// <summary>What came of hits.</summary>
    IOutcomeStore Outcomes { get; }

    /// <summary>Sealed messages on their way between members.</summary>
    ICaseRelayStore Cases { get; }

    /// <summary>What lets anyone check the log.</summary>
    IWitnessStore Witness { get; }

    /// <summary>Appends leaves with all that belongs to them, in one durable transaction.</summary>
    /// <exception cref="LogMovedException">The log does not end where the leaves begin: another broker on the same store was quicker.</exception>
    ValueTask AppendAsync(LogAppend append, CancellationToken cancellation);

    /// <summary>
    /// Yields when another process may have extended the log: once at the beginning, and again after a connection was lost, so that nothing is missed. Yields nothing and ends where no other process
    /// can. What it yields is the size that was told, or 0 where it is not known.
    /// </summary>
    IAsyncEnumerable<ulong> FollowOthersAsync(CancellationToken cancellation);

    /// <summary>The newest checkpoint, or null in an empty store.</summary>
    ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>The checkpoint of exactly this size, or null.</summary>
    ValueTask<LogHead?> ReadCheckpointAsync(ulong size, CancellationToken cancellation);

    /// <summary>The largest checkpoint with <paramref name="from"/> &lt; size ≤ <paramref name="from"/> + <paramref name="most"/>; where there is none, the smallest one above <paramref name="from"/>; null when the log ends at or before <paramref name="from"/>.</summary>
    ValueTask<LogHead?> ReadBatchEndAsync(ulong from, ulong most, CancellationToken cancellation);

    /// <summary>Leaves <paramref name="from"/> ≤ index &lt; <paramref name="to"/>, ascending, with items; reads no more than the reader takes.</summary>
    IAsyncEnumerable<BrokerLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation);

    /// <summary>All leaves whose entries make up the state of the network, ascending: everything but what is about one record.</summary>
    IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation);

    /// <summary>A record by its id, or null.</summary>
    ValueTask<PublishedRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation);

    /// <summary>The records in the log that have a pair's id or its key: asked together, because each way to a store and back costs more than what is asked.</summary>
    ValueTask<IReadOnlyCollection<PublishedRecord>> FindRecordsAsync(IReadOnlyCollection<(RecordId Id, RecordKey Key)> pairs, CancellationToken cancellation);

    /// <summary>The leaf at an index with its item, or null past the end.</summary>
    ValueTask<BrokerLeaf?> ReadLeafAsync(ulong index, CancellationToken cancellation);

    /// <summary>Deletes the items of records that expired before <paramref name="day"/>, at most <paramref name="most"/> of them. Returns how many.</summary>
    ValueTask<int> DeleteExpiredItemsAsync(UtcDay day, int most, CancellationToken cancellation);

    /// <summary>Live records by circle: neither withdrawn nor expired before <paramref name="day"/>.</summary>
    ValueTask<IReadOnlyDictionary<CircleId, long>> CountLiveRecordsAsync(UtcDay day, CancellationToken cancellation);

    /// <summary>What operators decide.</summary>
    IChangeStore Changes { get; }

    /// <summary>What operators did and what was refused.</summary>
    IAuditStore Audit { get; }

    /// <summary>The invitation with this token hash, used or not, or null.</summary>
    ValueTask<Invitation?> FindInvitationAsync(ReadOnlyMemory<byte> tokenHash, CancellationToken cancellation);

    /// <summary>Invitations neither used nor expired.</summary>
    ValueTask<IReadOnlyList<Invitation>> ListOpenInvitationsAsync(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Keeps or replaces a circle's proposal for an epoch.</summary>
    ValueTask SaveProposalAsync(StoredProposal proposal, CancellationToken cancellation);

    /// <summary>Proposals that wait for their second signature.</summary>
    ValueTask<IReadOnlyList<StoredProposal>> ListProposalsAsync(CancellationToken cancellation);

    /// <summary>Keeps a member's word about a circle, in place of an earlier one of the same kind.</summary>
    ValueTask SaveCircleStatementAsync(StoredCircleStatement statement, CancellationToken cancellation);

    /// <summary>All members' words about circles, by circle and member.</summary>
    ValueTask<IReadOnlyList<StoredCircleStatement>> ListCircleStatementsAsync(CancellationToken cancellation);

    /// <summary>The routing keys the stewards gave, by circle and epoch.</summary>
    ValueTask<IReadOnlyList<StoredRouteKey>> ReadRouteKeysAsync(CancellationToken cancellation);

    /// <summary>Keeps an evaluator that was admitted, or replaces what is known of it.</summary>
    ValueTask SaveEvaluatorAsync(StoredEvaluator evaluator, CancellationToken cancellation);

    /// <summary>The evaluators that were admitted, by name.</summary>
    ValueTask<IReadOnlyList<StoredEvaluator>> ListEvaluatorsAsync(CancellationToken cancellation);

    /// <summary>The share that waits for an evaluator, or null. There is one at a time in the network; operators' decision to make one keeps it (<see cref="ChangeDecision.ShareOffer"/>).</summary>
    ValueTask<StoredShareOffer?> ReadShareOfferAsync(CancellationToken cancellation);

    /// <summary>Forgets the share that waits, if its offer is the one with these bytes.</summary>
    ValueTask DeleteShareOfferAsync(ReadOnlyMemory<byte> offer, CancellationToken cancellation);
}
