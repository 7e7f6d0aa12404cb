using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Storage;
using Gateway.Storage.Audit;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Tests;

/// <summary>The real store on a disk that can be told to refuse writes, and that counts transactions.</summary>
internal sealed partial class FailingDisk(IBrokerStore store) : IBrokerStore
{
    private TaskCompletionSource? _gate;
    private TaskCompletionSource? _reached;
    private int _appends;
    private int _readings;

    /// <summary>Whether writes of the log are refused, as by a full disk.</summary>
    public bool IsFull { get; set; }

    /// <summary>Which transaction of the sequencer alone is refused, counted as <see cref="Appends"/>.</summary>
    public int? Refused { get; set; }

    /// <summary>Which transaction of the sequencer finds another broker's before it.</summary>
    public int? Overtaken { get; set; }

    public ICertificateStore Certificates => store.Certificates;

    public IDisputeStore Disputes => store.Disputes;

    public IOutcomeStore Outcomes => store.Outcomes;
    public ICaseRelayStore Cases => store.Cases;

    /// <summary>Whether the broker has closed it.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Transactions of the sequencer so far.</summary>
    public int Appends => _appends;

    /// <summary>How often leaves were asked for so far.</summary>
    public int Readings => _readings;

    /// <summary>Holds the next transactions back until <see cref="Release"/>; completes when the first one has come.</summary>
    public Task Hold()
    {
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _reached.Task;
    }

    public void Release()
    {
        TaskCompletionSource? gate = _gate;
        _gate = null;
        gate?.SetResult();
    }

    /// <summary>Lets what is held back go on, and holds the next transaction back; completes when it has come.</summary>
    public Task Step()
    {
        TaskCompletionSource? gate = _gate;
        Task reached = Hold();
        gate?.SetResult();
        return reached;
    }

    public async ValueTask AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        int number = Interlocked.Increment(ref _appends);
        _reached?.TrySetResult();
        if (_gate is { } gate) await gate.Task.WaitAsync(cancellation);
        if (IsFull || number == Refused) throw new StoreUnavailableException("The disk is full.", new IOException("No space left on device"));
        if (number == Overtaken) throw new LogMovedException(append.Leaves[0].Index);
        await store.AppendAsync(append, cancellation);
    }

    public IAsyncEnumerable<ulong> FollowOthersAsync(CancellationToken cancellation) => store.FollowOthersAsync(cancellation);

    public IWitnessStore Witness => store.Witness;

    public IChangeStore Changes => store.Changes;

    public IAuditStore Audit => store.Audit;

    public byte[]? ReadTile(TileId id) => store.ReadTile(id);

    public ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation) => store.ReadHeadAsync(cancellation);

    public ValueTask<LogHead?> ReadCheckpointAsync(ulong size, CancellationToken cancellation) => store.ReadCheckpointAsync(size, cancellation);

    public ValueTask<LogHead?> ReadBatchEndAsync(ulong from, ulong most, CancellationToken cancellation) => store.ReadBatchEndAsync(from, most, cancellation);

    public IAsyncEnumerable<BrokerLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _readings);
        return store.ReadLeavesAsync(from, to, cancellation);
    }

    public IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation) => store.ReadStateLeavesAsync(cancellation);

    public ValueTask<BrokerLeaf?> ReadLeafAsync(ulong index, CancellationToken cancellation) => store.ReadLeafAsync(index, cancellation);

    public ValueTask<int> DeleteExpiredItemsAsync(UtcDay day, int most, CancellationToken cancellation) => store.DeleteExpiredItemsAsync(day, most, cancellation);

    public ValueTask<IReadOnlyDictionary<CircleId, long>> CountLiveRecordsAsync(UtcDay day, CancellationToken cancellation) => store.CountLiveRecordsAsync(day, cancellation);

    public ValueTask<Invitation?> FindInvitationAsync(ReadOnlyMemory<byte> tokenHash, CancellationToken cancellation) => store.FindInvitationAsync(tokenHash, cancellation);

    public ValueTask<IReadOnlyList<Invitation>> ListOpenInvitationsAsync(DateTimeOffset now, CancellationToken cancellation) => store.ListOpenInvitationsAsync(now, cancellation);

    public ValueTask SaveProposalAsync(StoredProposal proposal, CancellationToken cancellation) => store.SaveProposalAsync(proposal, cancellation);

    public ValueTask<IReadOnlyList<StoredProposal>> ListProposalsAsync(CancellationToken cancellation) => store.ListProposalsAsync(cancellation);

    public ValueTask SaveCircleStatementAsync(StoredCircleStatement statement, CancellationToken cancellation) => store.SaveCircleStatementAsync(statement, cancellation);

    public ValueTask<IReadOnlyList<StoredCircleStatement>> ListCircleStatementsAsync(CancellationToken cancellation) => store.ListCircleStatementsAsync(cancellation);

    public ValueTask<IReadOnlyList<StoredRouteKey>> ReadRouteKeysAsync(CancellationToken cancellation) => store.ReadRouteKeysAsync(cancellation);

    public ValueTask AddUsageAsync(IReadOnlyCollection<QuotaUsage> usage, CancellationToken cancellation) => store.AddUsageAsync(usage, cancellation);

    public ValueTask<IReadOnlyList<QuotaUsage>> ReadUsageAsync(UtcDay since, CancellationToken cancellation) => store.ReadUsageAsync(since, cancellation);

    public ValueTask SaveEvaluatorAsync(StoredEvaluator evaluator, CancellationToken cancellation) => store.SaveEvaluatorAsync(evaluator, cancellation);

    public ValueTask<IReadOnlyList<StoredEvaluator>> ListEvaluatorsAsync(CancellationToken cancellation) => store.ListEvaluatorsAsync(cancellation);

    public ValueTask<StoredShareOffer?> ReadShareOfferAsync(CancellationToken cancellation) => store.ReadShareOfferAsync(cancellation);

    public ValueTask DeleteShareOfferAsync(ReadOnlyMemory<byte> offer, CancellationToken cancellation) => store.DeleteShareOfferAsync(offer, cancellation);

    public ValueTask DisposeAsync()
    {
        IsClosed = true;
        return store.DisposeAsync();
    }
}
