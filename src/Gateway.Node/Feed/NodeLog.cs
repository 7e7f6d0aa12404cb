using Gateway.Ledger;
using Gateway.Node.Circles;
using Gateway.Node.Contributions;
using Gateway.Node.Disputes;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Feed;

/// <summary>
/// This node's copy of the log: takes batches, verifies them, stores batch and cursor in one transaction and makes the result visible. <see cref="View"/> is for everybody; what is applied,
/// batches of the feed and parts of second readings, goes one after the other.
/// </summary>
public sealed partial class NodeLog : IDisposable
{
    private readonly INodeStore _store;
    private readonly NodeMatcher _matcher;
    private readonly BatchReader _reader;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeLog> _logger;
    private readonly Dictionary<RecordId, (NodeRecord Record, UtcDay Since)> _awaited;
    private readonly OwnRecords _own;
    private readonly DisputeBook _disputes;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Func<NodeView, CancellationToken, Task<(NodeView View, TiledTree Tree)>> _readOn;
    private TiledTree _tree;
    private volatile NodeView _view;
    private ulong _wholeFrom;
    private int _lastNumber;

    /// <summary>Continues where <see cref="OpenAsync"/> found the store.</summary>
    public NodeLog(INodeStore store, NodeMatcher matcher, BatchReader reader, TiledTree tree, NodeView view, OwnRecords own, IEnumerable<NodeRecord> awaited, int lastNumber, IEnumerable<StoredBackfill> backfills, TimeProvider time, ILogger<NodeLog> logger, DisputeBook? disputes = null, Func<NodeView, CancellationToken, Task<(NodeView View, TiledTree Tree)>>? readOn = null)
    {
        _readOn = readOn ?? ((before, _) => Task.FromResult((before, _tree!)));
        _store = store;
        _matcher = matcher;
        _reader = reader;
        _tree = tree;
        _view = view;
        _own = own;
        _lastNumber = lastNumber;
        _time = time;
        _awaited = awaited.ToDictionary(record => record.Id, record => (record, Today));
        _logger = logger;
        _disputes = disputes ?? new DisputeBook([], time);
        _backfills = [.. backfills];
        _wholeFrom = view.Size;
        Ended = new WorkSignal(time);
        matcher.Others = CatchUpAsync;
    }

    /// <summary>What is true up to the last applied checkpoint.</summary>
    public NodeView View => _view;

    /// <summary>
    /// From which size on the store tells what was live: before it, a circle that was left is gone already, and of one that was joined only what was alive when it was read is there. After a
    /// start all that was applied before.
    /// </summary>
    public ulong WholeFrom => Volatile.Read(ref _wholeFrom);

    private UtcDay Today => UtcDay.Of(_time.GetUtcNow());

    /// <summary>Reads the view at the store's cursor.</summary>
    /// <exception cref="FeedFaultException">The stored log does not add up to its checkpoint.</exception>
    public static Task<(NodeView View, TiledTree Tree)> OpenAsync(INodeStore store, MemberId member, MemberKeys keys, CancellationToken cancellation) => ReadOnAsync(store, NodeView.Empty, member, keys, cancellation);

    /// <summary>Reads from a view on to the store's cursor: what another process has verified and applied. That it is one log, its root says.</summary>
    /// <exception cref="FeedFaultException">The stored log does not add up to its checkpoint, or is shorter than it was.</exception>
    public static async Task<(NodeView View, TiledTree Tree)> ReadOnAsync(INodeStore store, NodeView before, MemberId member, MemberKeys keys, CancellationToken cancellation)
    {
        LogHead? head = await store.ReadHeadAsync(cancellation);
        TiledTree tree = head is null ? TiledTree.Empty(store) : TiledTree.Open(head.Size, store);
        if (tree.Size < before.Size || (tree.Size == before.Size && tree.Root != before.Root) || (before.Size > 0 && tree.Size > before.Size && tree.RootAt(before.Size) != before.Root))
        {
            throw new FeedFaultException(Refusal.DataLoss("STORE_ROOT_DIFFERS", $"The store does not hold the {before.Size} leaves any more that this node has read: it was put back to an earlier state, or is another one.", "node store", "Start the node anew; it catches up by itself."), head?.Note ?? []);
        }

        NodeView view = before;
        await foreach (LoggedLeaf leaf in store.ReadStateLeavesAsync(cancellation, before.Size))
        {
            if (leaf.Index >= tree.Size) break; // Applied by another process meanwhile.
            if (leaf.Entry is null) continue;
            Entry entry;
            try
            {
                entry = Entry.Parser.ParseFrom(leaf.Entry);
            }
            catch (InvalidProtocolBufferException)
            {
                continue; // The batch that brought it raised the alarm.
            }

            (view, _) = NodeView.After(view, leaf.Index, entry, leaf.Entry, member, keys.Box, out _); // What is refused changes nothing; the batch raised the alarm likewise.
        }

        foreach ((CircleId circle, uint epoch) in await store.ReadRetiredEpochsAsync(cancellation)) view = view with { Keyring = view.Keyring.Without(circle, epoch) };
        if (head is not null)
        {
            Checkpoint? checkpoint = view.State.Genesis is null
                ? null
                : new LogVerifier(view.State.Network, Cryptography.VerifyingKey.FromBytes(view.State.Genesis.LogPk.Span)).Open(head.Note, out _);
            if (checkpoint is null || checkpoint.Root != tree.Root)
            {
                throw new FeedFaultException(Refusal.DataLoss("STORE_ROOT_DIFFERS", "The stored log does not have the root of its checkpoint.", "node store", "Restore the store from a backup, or delete it and let the node fetch the log anew."), head.Note);
            }
        }

        return (view with { Size = tree.Size, Root = tree.Root }, tree);
    }

    /// <summary>The newest checkpoint that was verified, as the log's key has signed it; empty before the first.</summary>
    public async Task<byte[]> ReadCheckpointAsync(CancellationToken cancellation) => (await _store.ReadHeadAsync(cancellation))?.Note ?? [];

    /// <summary>Verifies and applies one batch: all of it, or nothing.</summary>
    /// <exception cref="FeedFaultException">The batch does not hold.</exception>
    public async Task ApplyAsync(FeedBatch batch, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            await ApplyAloneAsync(batch, cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        _wanted.Dispose();
    }

    private async Task ApplyAloneAsync(FeedBatch batch, CancellationToken cancellation)
    {
        batch.Check(_view.Keyring, cancellation);
        VerifiedBatch verified = _reader.Read(batch, _view, _tree);
        try
        {
            BatchOutcome outcome = await JudgeAsync(verified, cancellation);
            LeftCircle[] left = [.. verified.Left.GroupBy(one => one.Circle).Select(one => LeftCircleOf(one.Key, one.Max(leaving => leaving.At), verified.View))];
            foreach (LeftCircle circle in left) outcome.Alarms.Add(Farewell(circle, verified.View));

            // Before the records of a new epoch are visible: else what they meet would read as clear for a moment, and for good if the store failed in between.
            foreach (CircleKey key in verified.NewKeys) await _matcher.ExtendAsync(key, verified.View.State.OprfKeys?.Version ?? 0, cancellation, TakeNewsAsync);
            FeedApply apply = new()
            {
                Leaves = verified.Leaves,
                Tiles = _tree.TakeChangedTiles(),
                Head = verified.Head,
                Records = [.. outcome.Records.Where(record => !Goes(record, left))],
                Ended = [.. outcome.Ended.Select(ended => (ended.Record.Number, ended.State))],
                EndedAt = outcome.EndedAt,
                Replacements = outcome.Replacements,
                Alarms = [.. verified.Alarms.Concat(outcome.Alarms).Select(AlarmOf)],
                LoggedOutbox = LoggedBy(outcome),
                WithdrawnOutbox = [.. outcome.Withdrawn.Where(_own.Contains)],
                Disputes = [.. outcome.Disputes.Values.Where(dispute => !DisputeBook.Goes(dispute, left))],
                Left = left,
                Backfills = verified.Grants,
            };
            if (left.Length > 0) Volatile.Write(ref _wholeFrom, verified.View.Size); // Before the circle is gone from the store.
            await InStepAsync(() => _matcher.ApplyAsync(apply, outcome.EndedTags, () => NoteEnding(outcome, left, verified.View.Size), cancellation), cancellation);
            _disputes.Set(apply.Disputes, left);
            _tree.Commit();
            Publish(verified, outcome, left);
            _own.Tell(apply.LoggedOutbox.Concat(apply.WithdrawnOutbox));
        }
        catch
        {
            _tree.Rollback();
            throw;
        }
    }

    private void Publish(VerifiedBatch verified, BatchOutcome outcome, LeftCircle[] left)
    {
        SetBackfills([.. _backfills.Where(reading => !left.Any(circle => circle.Circle == reading.Circle && reading.Grant < circle.At)), .. verified.Grants]);
        _view = verified.View; // After the readings: who sees a circle's key sees that its records are still to come.
        _lastNumber += verified.Records.Count;
        Await(outcome);
        foreach (NodeRecord gone in _awaited.Values.Select(awaited => awaited.Record).Where(record => Goes(record, left)).ToArray()) _awaited.Remove(gone.Id);
        Tell(verified.Alarms.Concat(outcome.Alarms));
        if (outcome.Ended.Count > 0 || outcome.EndedAt.Count > 0 || verified.DayAt is not null || left.Length > 0 || verified.NewKeys.Count > 0) NoteEnd();
        NodeEvents.BatchApplied(_logger, verified.Leaves.Count, verified.View.Size, outcome.Records.Length);
    }

    private void Await(BatchOutcome outcome)
    {
        foreach (NodeRecord record in outcome.Records.Where(record => record.State == NodeRecordState.AwaitingWithdrawal)) _awaited[record.Id] = (record, Today);
        foreach ((NodeRecord record, _) in outcome.Ended) _awaited.Remove(record.Id);
    }

    private void Tell(IEnumerable<Refusal> alarms)
    {
        foreach (Refusal alarm in alarms) NodeEvents.AlarmRaised(_logger, alarm.Code, alarm.What, alarm.Which);
    }

    private RecordId[] LoggedBy(BatchOutcome outcome) =>
        [.. outcome.Records.Where(record => record.State != NodeRecordState.Quarantined).Select(record => record.Id).Where(_own.Contains)];

    private static bool Goes(NodeRecord record, LeftCircle[] left) => left.Any(circle => circle.Circle == record.Circle && record.Index < circle.At);

    private static LeftCircle LeftCircleOf(CircleId circle, ulong at, NodeView after) => new(circle, at, [.. after.Keyring.Keys.Where(key => key.Circle == circle).Select(key => key.Epoch)]);

    private static Refusal Farewell(LeftCircle left, NodeView after) => Refusal.Precondition(
        "CIRCLE_LEFT", $"Since leaf {left.At} this member does not belong to the circle '{after.State.Circles[left.Circle].Policy.Name}'. Its records and keys were deleted here; this member's own contributions stay listed.",
        $"circle {left.Circle.Prefix}", "Ask the circle's steward if this was not expected.");

    private StoredAlarm AlarmOf(Refusal refusal) => new(_time.GetUtcNow(), refusal.ToDetail().ToByteArray(), []);
}
