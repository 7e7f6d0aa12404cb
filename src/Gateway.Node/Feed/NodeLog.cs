using Gateway.Ledger;
using Gateway.Node.Circles;
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
/// This node's copy of the log: takes batches, verifies them, stores batch and cursor in one transaction and makes the result visible. One caller applies; <see cref="View"/> is for
/// everybody.
/// </summary>
public sealed class NodeLog
{
    private const string WithdrawalPromised = nameof(WithdrawalPromised);

    private readonly INodeStore _store;
    private readonly NodeMatcher _matcher;
    private readonly BatchReader _reader;
    private readonly TiledTree _tree;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeLog> _logger;
    private readonly Dictionary<RecordId, (NodeRecord Record, UtcDay Since)> _awaited;
    private readonly OwnRecords _own;
    private volatile NodeView _view;
    private int _lastNumber;

    /// <summary>Continues where <see cref="OpenAsync"/> found the store.</summary>
    public NodeLog(INodeStore store, NodeMatcher matcher, BatchReader reader, TiledTree tree, NodeView view, OwnRecords own, IEnumerable<NodeRecord> awaited, int lastNumber, TimeProvider time, ILogger<NodeLog> logger)
    {
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
    }

    /// <summary>What is true up to the last applied checkpoint.</summary>
    public NodeView View => _view;

    private UtcDay Today => UtcDay.Of(_time.GetUtcNow());

    /// <summary>Reads the view at the store's cursor.</summary>
    /// <exception cref="FeedFaultException">The stored log does not add up to its checkpoint.</exception>
    public static async Task<(NodeView View, TiledTree Tree)> OpenAsync(INodeStore store, MemberId member, MemberKeys keys, CancellationToken cancellation)
    {
        LogHead? head = await store.ReadHeadAsync(cancellation);
        TiledTree tree = head is null ? TiledTree.Empty(store) : TiledTree.Open(head.Size, store);
        NetworkState state = NetworkState.Empty;
        CircleKeyring keyring = CircleKeyring.Empty;
        await foreach (LoggedLeaf leaf in store.ReadStateLeavesAsync(cancellation))
        {
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

            if (state.TryApply(entry, leaf.Entry, out state) is not null) continue; // Likewise.
            if (entry.ContentCase == Entry.ContentOneofCase.KeyEpoch && Statements.TryRead(entry.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch)) keyring = keyring.Open(epoch, member, keys.Box, out _);
        }

        if (head is not null)
        {
            Checkpoint? checkpoint = state.Genesis is null
                ? null
                : new LogVerifier(state.Network, Cryptography.VerifyingKey.FromBytes(state.Genesis.LogPk.Span)).Open(head.Note, out _);
            if (checkpoint is null || checkpoint.Root != tree.Root)
            {
                throw new FeedFaultException(Refusal.DataLoss("STORE_ROOT_DIFFERS", "The stored log does not have the root of its checkpoint.", "node store", "Restore the store from a backup, or delete it and let the node fetch the log anew."), head.Note);
            }
        }

        return (new NodeView(state, keyring, tree.Size, tree.Root), tree);
    }

    /// <summary>Verifies and applies one batch: all of it, or nothing.</summary>
    /// <exception cref="FeedFaultException">The batch does not hold.</exception>
    public async Task ApplyAsync(FeedBatch batch, CancellationToken cancellation)
    {
        VerifiedBatch verified = _reader.Read(batch, _view, _tree);
        try
        {
            BatchOutcome outcome = await JudgeAsync(verified, cancellation);

            // Before the records of a new epoch are visible: else what they meet would read as clear for a moment, and for good if the store failed in between.
            foreach (CircleKey key in verified.NewKeys) await _matcher.ExtendAsync(key, verified.View.State.OprfKeys?.Version ?? 0, cancellation);
            FeedApply apply = new()
            {
                Leaves = verified.Leaves,
                Tiles = _tree.TakeChangedTiles(),
                Head = verified.Head,
                Records = outcome.Records,
                Ended = [.. outcome.Ended.Select(ended => (ended.Record.Number, ended.State))],
                Alarms = [.. verified.Alarms.Concat(outcome.Alarms).Select(AlarmOf)],
                ClosedOutbox = [.. outcome.Records.Where(record => record.State != NodeRecordState.Quarantined).Select(record => record.Id).Where(_own.Contains)],
                WithdrawnOutbox = [.. outcome.Withdrawn.Where(_own.Contains)],
            };
            await _matcher.ApplyAsync(apply, [.. outcome.Ended.Select(ended => (ended.Record.Number, ended.Record.Tags))], cancellation);
            _tree.Commit();
            Publish(verified, outcome);
            _own.Tell(apply.ClosedOutbox.Concat(apply.WithdrawnOutbox));
        }
        catch
        {
            _tree.Rollback();
            throw;
        }
    }

    private void Publish(VerifiedBatch verified, BatchOutcome outcome)
    {
        _view = verified.View;
        _lastNumber += verified.Records.Count;
        foreach (NodeRecord record in outcome.Records.Where(record => record.State == NodeRecordState.AwaitingWithdrawal)) _awaited[record.Id] = (record, Today);
        foreach ((NodeRecord record, _) in outcome.Ended) _awaited.Remove(record.Id);
        foreach (Refusal alarm in verified.Alarms.Concat(outcome.Alarms)) NodeEvents.AlarmRaised(_logger, alarm.Code, alarm.What, alarm.Which);
        NodeEvents.BatchApplied(_logger, verified.Leaves.Count, verified.View.Size, outcome.Records.Length);
    }

    private async Task<BatchOutcome> JudgeAsync(VerifiedBatch verified, CancellationToken cancellation)
    {
        BatchOutcome outcome = new();
        NodeRecord[] records = new NodeRecord[verified.Records.Count];
        Parallel.For(0, records.Length, new ParallelOptions { CancellationToken = cancellation }, i => records[i] = Judge(verified.Records[i], _lastNumber + 1 + i));
        records = await RemoveRepeatedAsync(records, outcome, cancellation);
        foreach (NodeRecord record in records.Where(record => record.State == NodeRecordState.Quarantined))
        {
            outcome.Alarms.Add(Refusal.DataLoss("RECORD_QUARANTINED", $"A record failed the check {record.Fault}; it is kept and not matched.", $"record {record.Id.Prefix}", "Nothing: its contributor is told by the broker's operator."));
        }

        Dictionary<RecordId, NodeRecord> arrived = records.Where(record => record.State is NodeRecordState.Live or NodeRecordState.AwaitingWithdrawal or NodeRecordState.Quarantined).ToDictionaryOfFirst(record => record.Id);
        foreach (ArrivedWithdrawal withdrawal in verified.Withdrawals) await WithdrawAsync(withdrawal, arrived, outcome, cancellation);
        await ExpireAsync(verified, arrived, outcome, cancellation);
        CheckPromises(verified, arrived, outcome);

        // A record that ends in its own batch is stored as what it ended as.
        HashSet<int> ended = [];
        for (int i = 0; i < records.Length; i++)
        {
            if (outcome.EndOf(records[i].Number) is not { } state) continue;
            ended.Add(records[i].Number);
            records[i] = records[i] with { State = state, Item = null, Tags = [], Fault = state == NodeRecordState.Quarantined ? WithdrawalPromised : null };
        }

        outcome.Ended.RemoveAll(end => ended.Contains(end.Record.Number));
        outcome.Records = records;
        return outcome;
    }

    private NodeRecord Judge(ArrivedRecord arrived, int number)
    {
        RecordPublished entry = arrived.Entry;
        NodeRecord record = new()
        {
            Number = number,
            Id = RecordId.TryFromBytes(entry.RecordId.Span, out RecordId id) ? id : default,
            Index = arrived.Index,
            Circle = arrived.Circle.Circle,
            Epoch = arrived.Circle.Epoch,
            RecordKey = entry.RecordPk.ToByteArray(),
            Expiry = new UtcDay(entry.ExpiryDay),
            State = NodeRecordState.Live,
        };
        if (arrived.WithdrawnAt is { } at) return record with { State = NodeRecordState.AwaitingWithdrawal, WithdrawnAt = at };
        if (arrived.Item.IsEmpty) return record with { State = NodeRecordState.Expired };
        if (!RecordOpener.TryUnwrap(arrived.Circle, entry, arrived.Item.Span, out UnwrappedRecord? unwrapped, out RecordFault? fault))
        {
            return record with { State = NodeRecordState.Quarantined, Fault = fault.Check.ToString(), Item = arrived.Item.ToArray() };
        }

        // Expired while this node was away: counted, never indexed.
        if (record.Expiry < _view.ExpiryDay(_time)) return record with { State = NodeRecordState.Expired };
        return record with { Item = arrived.Item.ToArray(), Tags = unwrapped.CopyTags() };
    }

    // Protocol §5: neither id nor key was in the log before. A broker that repeats one replays or forges; what came first stands.
    private async Task<NodeRecord[]> RemoveRepeatedAsync(NodeRecord[] records, BatchOutcome outcome, CancellationToken cancellation)
    {
        if (records.Length == 0) return records;
        SeenRecords seen = await _store.FindSeenAsync([.. records.Select(record => record.Id)], [.. records.Select(record => new ReadOnlyMemory<byte>(record.RecordKey))], cancellation);
        HashSet<RecordId> ids = [.. seen.Ids];
        HashSet<string> keys = [.. seen.RecordKeysHex];
        List<NodeRecord> fresh = new(records.Length);
        foreach (NodeRecord record in records)
        {
            bool isFresh = ids.Add(record.Id) & keys.Add(Convert.ToHexStringLower(record.RecordKey));
            if (isFresh) fresh.Add(record);
            else outcome.Alarms.Add(Refusal.DataLoss("RECORD_REPEATED", $"A record failed the check {nameof(RecordCheck.Fresh)}: its id or key stood in the log before. It is not believed.", $"leaf {record.Index}", "Tell the broker's operator; keep this node's store as evidence."));
        }

        return [.. fresh];
    }

    private async Task WithdrawAsync(ArrivedWithdrawal withdrawal, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(withdrawal.Entry.RecordId.Span, out RecordId id)) return;
        NodeRecord? record = arrived.GetValueOrDefault(id) ?? await _store.FindRecordAsync(id, cancellation);
        if (record is null) return; // Published under a right this member did not have.
        if (!Cryptography.VerifyingKey.TryFromBytes(record.RecordKey, out Cryptography.VerifyingKey key) || !RecordFormat.IsSignedBy(withdrawal.Entry, key))
        {
            outcome.Alarms.Add(Refusal.DataLoss("WITHDRAWAL_FORGED", "A withdrawal is not signed by the record's key; the record stays.", $"record {id.Prefix}", "Tell the broker's operator; keep this node's store as evidence."));
            return;
        }

        if (record.State is NodeRecordState.Live or NodeRecordState.AwaitingWithdrawal or NodeRecordState.Quarantined) outcome.End(record, NodeRecordState.Withdrawn);
    }

    private async Task ExpireAsync(VerifiedBatch verified, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, CancellationToken cancellation)
    {
        if (verified.View.State.Day == _view.State.Day) return;
        UtcDay day = verified.View.ExpiryDay(_time);
        foreach (NodeRecord record in await _store.ReadExpiredAsync(day, cancellation))
        {
            // The list comes without tags; without them the index would go on meeting the record.
            outcome.End(await _store.ReadRecordAsync(record.Number, cancellation) ?? record, NodeRecordState.Expired);
        }

        foreach (NodeRecord record in arrived.Values.Where(record => record.Expiry < day)) outcome.End(record, NodeRecordState.Expired);
    }

    // The broker said: the item is gone because of the withdrawal at that index. When the log passes the index, it must have been true. And the withdrawal was in the log when it said so:
    // a day that begins two days later comes after it, however far away the index is.
    private void CheckPromises(VerifiedBatch verified, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome)
    {
        IEnumerable<(NodeRecord Record, UtcDay Since)> fresh = arrived.Values.Where(record => record.State == NodeRecordState.AwaitingWithdrawal).Select(record => (record, Today));
        foreach ((NodeRecord record, UtcDay since) in _awaited.Values.Concat(fresh).ToArray())
        {
            bool isDue = record.WithdrawnAt < verified.View.Size || verified.View.State.Day > since.AddDays(1);
            if (isDue && outcome.EndOf(record.Number) is null)
            {
                outcome.End(record, NodeRecordState.Quarantined); // Once: the promise is not asked for again.
                outcome.Alarms.Add(Refusal.DataLoss("WITHDRAWAL_MISSING", $"The broker kept back an item for a withdrawal at leaf {record.WithdrawnAt}, and there is none.", $"record {record.Id.Prefix}", "Tell the broker's operator; keep this node's store as evidence."));
            }
        }
    }

    private StoredAlarm AlarmOf(Refusal refusal) => new(_time.GetUtcNow(), refusal.ToDetail().ToByteArray(), []);
}
