using System.Threading.Channels;
using Gateway.Broker.Observation;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Sequencing;

/// <summary>
/// The one who appends to the log. Callers queue; a loop takes all that waits, gives it places, signs a checkpoint and commits it as one durable transaction; then every
/// caller gets its receipt (group commit). When the transaction fails, nothing of the batch has happened and every caller of it is told so. Where another broker on the same store was
/// quicker, its leaves are taken up and the batch is put together anew behind them.
/// </summary>
public sealed class Sequencer : IAsyncDisposable
{
    /// <summary>Leaves in one transaction, unless a single request has more. The more there are, the fewer pages of the indexes by random keys are written twice.</summary>
    public const int MaximumBatch = 4_096;

    /// <summary>Bytes of items in one transaction, unless a single one has more.</summary>
    private const long MaximumBytes = 16 * 1_024 * 1_024;

    private const int QueueLength = 16_384, LeastForOwnTree = 256;

    /// <summary>How often a batch is put together: each time but the last another broker has appended meanwhile.</summary>
    private const int MaximumAttempts = 100;

    private readonly IBrokerStore _store;
    private readonly NetworkView _view;
    private readonly TiledTree _tree;
    private readonly LogSigner _signer;
    private readonly LogTail _tail;
    private readonly RandomSource _random;
    private readonly TimeProvider _time;
    private readonly LogSignal _signal;
    private readonly BrokerMetrics _metrics;
    private readonly ILogger _log;
    private readonly Channel<LogRequest> _queue = Channel.CreateBounded<LogRequest>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly Task _loop;

    // The batch after the one that is written, where it was taken already: its requests, and what they were put together to.
    private (List<LogRequest> Requests, LogBatch? Prepared)? _next;

    // The last batch's receipts, while they are made beside the next batch.
    private Task _receipts = Task.CompletedTask;
    private volatile RefusalException? _halted;

    // Set when another broker has appended to this log while this one ran.
    private bool _hasOthers;

    private Sequencer(IBrokerStore store, NetworkView view, TiledTree tree, LogSigner signer, LogTail tail, RandomSource random, TimeProvider time, LogSignal signal, BrokerMetrics metrics, ILogger log)
    {
        _store = store;
        _view = view;
        _tree = tree;
        _signer = signer;
        _tail = tail;
        _random = random;
        _time = time;
        _signal = signal;
        _metrics = metrics;
        _log = log;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Starts the sequencer over a store whose newest checkpoint holds.</summary>
    /// <param name="store">The store.</param>
    /// <param name="view">The state of the stored log.</param>
    /// <param name="network">Name of the network: origin of the checkpoints.</param>
    /// <param name="logKey">The log key.</param>
    /// <param name="random">Salts and the order within a batch.</param>
    /// <param name="time">The day that usage is counted on.</param>
    /// <param name="signal">Told of every commit.</param>
    /// <param name="metrics">Counts batches.</param>
    /// <param name="log">Where failures go.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <exception cref="StoreCorruptException">The stored tiles do not have the root that the newest checkpoint signs, or another key signed it.</exception>
    public static async ValueTask<Sequencer> OpenAsync(
        IBrokerStore store, NetworkView view, string network, SigningKey logKey, RandomSource random, TimeProvider time, LogSignal signal, BrokerMetrics metrics, ILogger log, CancellationToken cancellation)
    {
        LogHead? head = await store.ReadHeadAsync(cancellation).ConfigureAwait(false);
        TiledTree tree = head is null ? TiledTree.Empty(store) : TiledTree.Open(head.Size, store);
        if (head is not null)
        {
            Checkpoint? checkpoint = new LogVerifier(network, logKey.PublicKey).Open(head.Note, out _);
            if (checkpoint is null || checkpoint.Size != head.Size || checkpoint.Root != tree.Root)
            {
                throw new StoreCorruptException("checkpoints", head.Size.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            signal.Announce(head.Size);
        }

        LogTail tail = new(store, view, tree, new LogVerifier(network, logKey.PublicKey), signal);
        await tail.CatchUpAsync(cancellation).ConfigureAwait(false);
        return new Sequencer(store, view, tree, new LogSigner(network, logKey), tail, random, time, signal, metrics, log);
    }

    /// <summary>Publishes an admitted record. The caller holds the reservation of its id and key (see <see cref="Publishing.Admission"/>) until this completes.</summary>
    /// <exception cref="RefusalException">The circle or its epoch has changed since admission, or the store cannot write now.</exception>
    public Task<LogReceipt> PublishAsync(AdmittedRecord record) => EnqueueAsync(new PublishRecord(record));

    /// <summary>Withdraws a record that is published and not withdrawn. The caller holds the reservation of its id.</summary>
    /// <exception cref="RefusalException">The store cannot write now.</exception>
    public Task<LogReceipt> WithdrawAsync(RecordId id, RecordWithdrawn withdrawal) => EnqueueAsync(new WithdrawRecord(id, withdrawal));

    /// <summary>Logs entries about a record's dispute, with the withdrawal they lead to. The caller holds the reservation of the record's id.</summary>
    /// <param name="dispute">How the dispute stands before them.</param>
    /// <param name="entries">Makes them from the state they are sequenced in.</param>
    /// <exception cref="RefusalException">The store cannot write now.</exception>
    public Task<IReadOnlyList<LogReceipt>> DisputeAsync(StoredDispute dispute, Func<NetworkState, IReadOnlyList<Entry>> entries) => EnqueueAsync(new DisputeRecord(dispute, entries));

    /// <summary>Changes the network's state.</summary>
    /// <exception cref="RefusalException">The state does not allow it, or the store cannot write now.</exception>
    public Task<IReadOnlyList<LogReceipt>> ChangeStateAsync(StateChange change) => EnqueueAsync(new ChangeNetwork(change));

    /// <summary>Takes up what other brokers on the same store have appended. Returns whether there was anything.</summary>
    /// <exception cref="RefusalException">The store cannot be read now.</exception>
    public Task<bool> LookAsync() => EnqueueAsync(new LookAtLog());

    /// <summary>
    /// Appends nothing from here on: what is signed next would be a second history, or may be. What is in the log is served on.
    /// </summary>
    public void Halt(Refusal why) => _halted = new RefusalException(why);

    /// <summary>Appends again, after a halt that was for the time being.</summary>
    public void GoOn() => _halted = null;

    /// <summary>Why nothing is appended; null while it is.</summary>
    public Refusal? Halted => _halted?.Refusal;

    /// <summary>Commits what waits and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task<T> EnqueueAsync<T>(LogRequest<T> request)
    {
        try
        {
            await _queue.Writer.WriteAsync(request, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new RefusalException(Refusal.Unavailable("BROKER_STOPPING", "The broker is shutting down.", "log", "Try again in a moment, with some jitter."));
        }

        return await request.Completion.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (_next is not null || await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            (List<LogRequest> batch, LogBatch? prepared) = _next ?? (Take(), null);
            _next = null;
            try
            {
                await SequenceAsync(batch, prepared).ConfigureAwait(false);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // Whatever it was, it ends this batch and not the broker: each caller hears of it, and the tree is as it was.
                Log.BatchFailed(_log, error, batch.Sum(request => request.LeafCount));
                Exception told = Explain(error);
                foreach (LogRequest request in batch) request.Fail(told);
            }
        }

        await _receipts.ConfigureAwait(false);
    }

    private List<LogRequest> Take()
    {
        List<LogRequest> batch = [];
        int leaves = 0;
        long bytes = 0;
        while (leaves < MaximumBatch && bytes < MaximumBytes && _queue.Reader.TryRead(out LogRequest? request))
        {
            batch.Add(request);
            leaves += request.LeafCount;
            bytes += request.ItemSize;
        }

        return batch;
    }

    private async ValueTask SequenceAsync(List<LogRequest> requests, LogBatch? prepared)
    {
        if (requests.Exists(request => request is LookAtLog)) await CatchUpAsync(requests).ConfigureAwait(false);

        // Here, and not only where callers queue: nothing that waited already is signed either.
        if (_halted is { } halted && requests.Exists(request => request is not LookAtLog)) throw halted;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await SequenceOnceAsync(requests, attempt == 1 ? prepared : null).ConfigureAwait(false);
                return;
            }
            catch (LogMovedException) when (attempt < MaximumAttempts)
            {
                await CatchUpAsync(requests).ConfigureAwait(false);
            }
            catch (InvalidOperationException) when (attempt < MaximumAttempts && _hasOthers)
            {
                // The rest goes its way without what another broker has taken.
                if (!await FailPublishedAsync(requests).ConfigureAwait(false)) throw;
            }
        }
    }

    private async ValueTask CatchUpAsync(List<LogRequest> requests)
    {
        bool grown = await _tail.CatchUpAsync(CancellationToken.None).ConfigureAwait(false);
        _hasOthers |= grown;
        foreach (LookAtLog look in requests.OfType<LookAtLog>()) look.Complete(grown);
    }

    /// <summary>Admission looked whether a record is there already, but another broker has published it since. Returns whether there was one.</summary>
    private async ValueTask<bool> FailPublishedAsync(List<LogRequest> requests)
    {
        PublishRecord[] waiting = [.. requests.OfType<PublishRecord>().Where(request => !request.IsDone)];
        IReadOnlyCollection<PublishedRecord> taken = await _store.FindRecordsAsync([.. waiting.Select(request => (request.Record.Id, request.Record.RecordKey))], CancellationToken.None).ConfigureAwait(false);
        HashSet<RecordId> ids = [.. taken.Select(record => record.Id)];
        HashSet<RecordKey> keys = [.. taken.Select(record => record.RecordKey)];
        foreach (PublishRecord request in waiting)
        {
            if (ids.Contains(request.Record.Id) || keys.Contains(request.Record.RecordKey)) request.Fail(new RefusalException(TakenMeanwhile(request.Record.Id)));
        }

        return Array.Exists(waiting, request => request.IsDone);
    }

    /// <summary>The same for what ends or disputes a record: it stood otherwise when it was looked at.</summary>
    private async ValueTask FailEndedAsync(List<LogRequest> requests)
    {
        foreach (LogRequest request in requests.Where(request => !request.IsDone))
        {
            RecordId? taken = request switch
            {
                WithdrawRecord withdraw => await IsWithdrawnAsync(withdraw.Id).ConfigureAwait(false) ? withdraw.Id : null,
                DisputeRecord dispute => await IsWithdrawnAsync(dispute.Dispute.State.Record).ConfigureAwait(false) || await HasMovedOnAsync(dispute.Dispute).ConfigureAwait(false) ? dispute.Dispute.State.Record : null,
                ChangeNetwork change => await FindWithdrawnAsync(change.Change).ConfigureAwait(false),
                _ => null,
            };
            if (taken is { } id) request.Fail(new RefusalException(TakenMeanwhile(id)));
        }
    }

    private async ValueTask<bool> IsWithdrawnAsync(RecordId id) => await _store.FindRecordAsync(id, CancellationToken.None).ConfigureAwait(false) is { WithdrawnAt: not null };

    private async ValueTask<bool> HasMovedOnAsync(StoredDispute before)
    {
        StoredDispute? now = await _store.Disputes.FindAsync(before.State.Record, CancellationToken.None).ConfigureAwait(false);
        return (now?.State.DisputedAt, now?.State.DecidedAt) != (before.State.DisputedAt, before.State.DecidedAt);
    }

    private async ValueTask<RecordId?> FindWithdrawnAsync(StateChange change)
    {
        foreach ((RecordId id, _) in change.Withdrawals)
        {
            if (await IsWithdrawnAsync(id).ConfigureAwait(false)) return id;
        }

        return null;
    }

    /// <summary>The refusal of a record that another broker has just taken.</summary>
    private static Refusal TakenMeanwhile(RecordId id) => Refusal.Unavailable(
        "RECORD_TAKEN_MEANWHILE", "Another broker of the network has just taken this very record.", $"record {id.Prefix}", "Ask again: the answer is its receipt.");

    private async ValueTask SequenceOnceAsync(List<LogRequest> requests, LogBatch? prepared)
    {
        long started = _time.GetTimestamp();
        if (_hasOthers) await FailEndedAsync(requests).ConfigureAwait(false);
        LogBatch batch = prepared is not null && !_hasOthers && prepared.Follows(_tree.Size, _view.Current) ? prepared : await AssembleAsync(requests).ConfigureAwait(false);
        if (batch.Leaves.Count == 0) return;

        LogHead head;
        try
        {
            _tree.Append(batch.HashLeaves());
            IReadOnlyList<(TileId Id, byte[] Hashes)> tiles = _tree.TakeChangedTiles();
            head = new LogHead(_tree.Size, SignedNote.Sign(new Checkpoint(_signer.KeyName, _tree.Size, _tree.Root).ToText(), _signer).ToBytes());
            await AppendAsync(batch, tiles, head).ConfigureAwait(false);
        }
        catch
        {
            _tree.Rollback();
            throw;
        }

        _tree.Commit();
        _view.Replace(batch.State, batch.History, batch.RouteKeys, head.Size);
        _signal.Announce(head.Size);
        Log.BatchCommitted(_log, batch.Leaves.Count, head.Size);
        _metrics.Committed(batch.Leaves.Count, batch.Leaves.Count(leaf => leaf.Item is not null), batch.Leaves.Count(leaf => leaf.Kind == Entry.ContentOneofCase.RecordWithdrawn), _time.GetElapsedTime(started));
        LogRequest[] answered = [.. requests];
        await _receipts.ConfigureAwait(false);

        // While more waits, on another core, by a tree of its own: this one grows meanwhile. For few leaves that tree would cost more to open than the receipts.
        TreeHash root = _tree.Root;
        if (batch.Leaves.Count >= LeastForOwnTree && (_next is not null || _queue.Reader.Count > 0)) _receipts = Task.Run(() => Answer(batch, head, answered, () => OpenTree(head.Size, root)));
        else Answer(batch, head, answered, () => _tree);
    }

    private async ValueTask<LogBatch> AssembleAsync(List<LogRequest> requests)
    {
        LogBatch batch = new(_tree.Size, _view, _random, UtcDay.Of(_time.GetUtcNow()));
        foreach (ChangeNetwork change in requests.OfType<ChangeNetwork>().Where(change => !change.IsDone))
        {
            if (await FindSpentAsync(change.Change).ConfigureAwait(false) is { } spent) change.Fail(new RefusalException(spent));
            else batch.Add(change);
        }

        AddShuffled(batch, requests.Where(request => request is not (ChangeNetwork or LookAtLog) && !request.IsDone));
        return batch;
    }

    // So that the order of leaves does not tell which records came together.
    private void AddShuffled(LogBatch batch, IEnumerable<LogRequest> requests)
    {
        LogRequest[] shuffled = [.. requests];
        Shuffle(shuffled);
        foreach (LogRequest request in shuffled) batch.Add(request);
    }

    // Where a whole batch waits already, it is put together while this one is written. Nobody reads the tree or changes the view meanwhile, and what it was put together for is looked at before it is used.
    private async ValueTask AppendAsync(LogBatch batch, IReadOnlyList<(TileId Id, byte[] Hashes)> tiles, LogHead head)
    {
        LogAppend append = batch.ToAppend(tiles, head);
        if (_hasOthers || batch.ChangesState || _next is not null || _queue.Reader.Count < MaximumBatch)
        {
            await _store.AppendAsync(append, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        Task writing = Task.Run(async () => await _store.AppendAsync(append, CancellationToken.None).ConfigureAwait(false));
        List<LogRequest> next = Take();
        _next = (next, Prepare(next, head.Size));
        await writing.ConfigureAwait(false);
    }

    private LogBatch? Prepare(List<LogRequest> requests, ulong size)
    {
        if (!requests.TrueForAll(request => request is PublishRecord or WithdrawRecord)) return null;
        try
        {
            LogBatch batch = new(size, _view, _random, UtcDay.Of(_time.GetUtcNow()));
            AddShuffled(batch, requests);
            batch.HashLeaves();
            return batch;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return null; // It has nothing to do with the batch that is being written. Put together again in its turn, it fails there.
        }
    }

    private TiledTree OpenTree(ulong size, TreeHash root)
    {
        TiledTree tree = TiledTree.Open(size, _store);
        return tree.Root == root ? tree : throw new StoreCorruptException($"The stored tiles of {size} leaves have another root than the checkpoint.", inner: null);
    }

    private void Answer(LogBatch batch, LogHead head, LogRequest[] requests, Func<TiledTree> open)
    {
        try
        {
            TiledTree tree = open();
            batch.Complete(leaf => new LogReceipt(leaf.Index, leaf.Entry, leaf.Salt, head.Note, tree.InclusionProof(leaf.Index, head.Size)));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The entries are in the log; only their proofs cannot be read now. Asking again gives the receipts.
            Log.ReceiptsFailed(_log, error, batch.Leaves.Count);
            RefusalException told = new(Refusal.Unavailable("RECEIPT_UNAVAILABLE", "The entry is in the log, but its receipt cannot be made now.", "receipt", "Ask again: the same request gives the receipt."));
            foreach (LogRequest request in requests) request.Fail(told);
        }
    }

    // Asked here, where what is read still holds at the append: an invitation or a proposal used twice would fail the transaction of everybody in the batch.
    private async ValueTask<Refusal?> FindSpentAsync(StateChange change)
    {
        if (change.UsedInvitation is not null && await _store.FindInvitationAsync(change.UsedInvitation, CancellationToken.None).ConfigureAwait(false) is not { UsedAt: null })
        {
            return Refusal.Precondition("INVITATION_USED", "The invitation has been used already.", "token", "Ask the operator for a new invitation.");
        }

        return change.Decision is { } decision && await _store.Changes.FindAsync(decision.Number, CancellationToken.None).ConfigureAwait(false) is not { State: ChangeState.Open }
            ? Administration.ChangeDesk.NotOpen(decision.Number)
            : null;
    }

    private void Shuffle(LogRequest[] requests)
    {
        ulong[] order = new ulong[requests.Length];
        _random.Fill(System.Runtime.InteropServices.MemoryMarshal.AsBytes(order.AsSpan()));
        Array.Sort(order, requests);
    }

    private static Exception Explain(Exception error) => error switch
    {
        RefusalException => error,
        InvitationUsedException => new RefusalException(Refusal.Unavailable("BATCH_REFUSED", "An invitation in the same batch had been used elsewhere; nothing of the batch happened.", "log", "Try again.")),
        ChangeDecidedException decided => new RefusalException(Administration.ChangeDesk.NotOpen(decided.Number)),
        StoreUnavailableException => new RefusalException(Refusal.Unavailable("STORE_UNAVAILABLE", "The broker's store cannot write now; nothing has happened.", "store", "Try again later, with some jitter; the broker's log says what is wrong.")),
        StoreCorruptException or LedgerCorruptException => new RefusalException(Refusal.DataLoss("STORE_DAMAGED", "The broker's store is damaged; nothing has happened.", "store", "The broker's operator has to restore it; its log says what is wrong.")),
        _ => new InvalidOperationException("The log could not be extended; nothing has happened.", error),
    };
}
