using Gateway.Node.Disputes;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

public sealed partial class NodeLog
{
    private const string WithdrawalPromised = nameof(WithdrawalPromised);

    private async Task<BatchOutcome> JudgeAsync(VerifiedBatch verified, CancellationToken cancellation)
    {
        BatchOutcome outcome = new();
        NodeRecord[] records = await RemoveRepeatedAsync(Judge(verified.Records, cancellation), outcome, cancellation);
        Dictionary<RecordId, NodeRecord> arrived = Arrived(records, outcome);
        foreach (ArrivedWithdrawal early in await JudgeInOrderAsync(verified.Disputes, verified.Withdrawals, arrived, outcome, verified.View, [.. _backfills, .. verified.Grants], cancellation)) Remember(early, verified.Grants);

        await ExpireAsync(verified, arrived, outcome, cancellation);
        CheckPromises(verified, arrived, outcome);

        Settle(records, outcome);
        return outcome;
    }

    private NodeRecord[] Judge(IReadOnlyList<ArrivedRecord> arrived, CancellationToken cancellation)
    {
        NodeRecord[] records = new NodeRecord[arrived.Count];
        Parallel.For(0, records.Length, new ParallelOptions { CancellationToken = cancellation }, i => records[i] = Judge(arrived[i], _lastNumber + 1 + i));
        return records;
    }

    private static Dictionary<RecordId, NodeRecord> Arrived(NodeRecord[] records, BatchOutcome outcome)
    {
        foreach (NodeRecord record in records.Where(record => record.State == NodeRecordState.Quarantined))
        {
            outcome.Alarms.Add(Refusal.DataLoss("RECORD_QUARANTINED", $"A record failed the check {record.Fault}; it is kept and not matched.", $"record {record.Id.Prefix}", "Nothing: its contributor is told by the broker's operator."));
        }

        return records.Where(record => record.State is NodeRecordState.Live or NodeRecordState.AwaitingWithdrawal or NodeRecordState.Quarantined).ToDictionaryOfFirst(record => record.Id);
    }

    // A record that ends in its own batch is stored as what it ended as.
    private static void Settle(NodeRecord[] records, BatchOutcome outcome)
    {
        HashSet<int> ended = [];
        for (int i = 0; i < records.Length; i++)
        {
            if (outcome.EndOf(records[i].Number) is not { } state) continue;
            ended.Add(records[i].Number);
            records[i] = records[i] with { State = state, Item = null, Tags = [], Fault = state == NodeRecordState.Quarantined ? WithdrawalPromised : null };
        }

        outcome.Ended.RemoveAll(end => ended.Contains(end.Record.Number));
        outcome.Records = records;
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
        OpenedItem opened = arrived.Opened is { } ahead && ahead.Key == arrived.Circle ? ahead : OpenedItem.Of(arrived.Circle, entry, arrived.Item.Span);
        if (opened.Tags is null) return record with { State = NodeRecordState.Quarantined, Fault = opened.Fault!.Check.ToString(), Item = arrived.Item.ToArray() };

        // Expired while this node was away: counted, never indexed.
        if (record.Expiry < _view.ExpiryDay(_time)) return record with { State = NodeRecordState.Expired };
        return record with { Item = arrived.Item.ToArray(), Tags = opened.Tags };
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

    // False where it cannot be judged: the record is not held, published under a right this member did not have or not read again yet; or its dispute may not have been read again yet.
    private async Task<bool> WithdrawAsync(ArrivedWithdrawal withdrawal, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, NodeView after, IEnumerable<StoredBackfill> readings, CancellationToken cancellation)
    {
        if (!RecordId.TryFromBytes(withdrawal.Entry.RecordId.Span, out RecordId id)) return true;
        NodeRecord? record = arrived.GetValueOrDefault(id) ?? await _store.FindRecordAsync(id, cancellation);
        if (record is null) return false;
        bool isBrokers = RecordFormat.IsByBroker(withdrawal.Entry);
        bool isContributors = Cryptography.VerifyingKey.TryFromBytes(record.RecordKey, out Cryptography.VerifyingKey key) && RecordFormat.IsSignedBy(withdrawal.Entry, key);
        DisputeState? dispute = outcome.Disputes.GetValueOrDefault(id) ?? _disputes.Find(id);
        bool isByDispute = !isBrokers && !isContributors;
        if (isByDispute && !DisputeArrivals.Ends(withdrawal, record, dispute, after, _time))
        {
            if (DisputeArrivals.Claims(withdrawal.Entry) && readings.Any(reading => reading.Covers(record.Circle, record.Index))) return false;
            outcome.Alarms.Add(Refusal.DataLoss("WITHDRAWAL_FORGED", "A withdrawal is not signed by the record's key, names no legal basis of the broker's, and no dispute ended the record; it stays.", $"record {id.Prefix}", "Tell the broker's operator; keep this node's store as evidence."));
            return true;
        }

        if (isByDispute && withdrawal.Entry.Reason == WithdrawalReason.DisputeOverdue && _own.Contains(id) && !await WasToldOverdueAsync(dispute!, cancellation))
        {
            outcome.Alarms.Add(Refusal.Precondition("DISPUTE_OVERDUE", $"A record of this member's own was disputed, and nobody decided by {dispute!.Deadline}: the broker has withdrawn it.", $"record {id.Prefix}", "Publish it again only with evidence that answers the objection."));
        }

        if (isBrokers && _own.Contains(id))
        {
            outcome.Alarms.Add(Refusal.Precondition("RECORD_WITHDRAWN_BY_BROKER", $"The broker has withdrawn one of this member's records; legal basis {withdrawal.Entry.LegalBasis}.", $"record {id.Prefix}", "Ask the broker's operators for the case behind it."));
        }

        if (record.State is NodeRecordState.Live or NodeRecordState.AwaitingWithdrawal or NodeRecordState.Quarantined) outcome.End(record, NodeRecordState.Withdrawn, withdrawal.Index);
        if (RecordId.TryFromBytes(withdrawal.Entry.ReplacementId.Span, out RecordId replacement)) outcome.Replacements.Add((id, replacement));
        return true;
    }

    // By the reminder, where the withdrawal did not come with the day itself.
    private async Task<bool> WasToldOverdueAsync(DisputeState dispute, CancellationToken cancellation) =>
        (await _store.ReadDisputesAsync(cancellation)).Any(told => told.State.Record == dispute.Record && told.State.DisputedAt == dispute.DisputedAt && told.Reminded >= DisputeReminders.Overdue);

    private async Task ExpireAsync(VerifiedBatch verified, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, CancellationToken cancellation)
    {
        if (verified.View.State.Day == _view.State.Day) return;
        UtcDay day = verified.View.ExpiryDay(_time);
        foreach (NodeRecord record in await _store.ReadExpiredAsync(day, cancellation))
        {
            // The list comes without tags; without them the index would go on meeting the record.
            outcome.End(await _store.ReadRecordAsync(record.Number, cancellation) ?? record, NodeRecordState.Expired, verified.DayAt);
        }

        foreach (NodeRecord record in arrived.Values.Where(record => record.Expiry < day)) outcome.End(record, NodeRecordState.Expired, verified.DayAt);
    }

    // The broker said: the item is gone because of the withdrawal at that index. When the log passes the index, it must have been true. And the withdrawal was in the log when it said so:
    // a day that begins two days later comes after it, however far away the index is.
    private void CheckPromises(VerifiedBatch verified, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome)
    {
        IEnumerable<(NodeRecord Record, UtcDay Since)> fresh = arrived.Values.Where(record => record.State == NodeRecordState.AwaitingWithdrawal).Select(record => (record, Today));
        foreach ((NodeRecord record, UtcDay since) in _awaited.Values.Concat(fresh).ToArray())
        {
            // The withdrawal may come with the rest of a second reading.
            if (_backfills.Any(reading => reading.Covers(record.Circle, record.Index))) continue;
            bool isDue = record.WithdrawnAt < verified.View.Size || verified.View.State.Day > since.AddDays(1);
            if (isDue && outcome.EndOf(record.Number) is null)
            {
                BreakPromise(record, outcome);
            }
        }
    }

    private static void BreakPromise(NodeRecord record, BatchOutcome outcome)
    {
        outcome.End(record, NodeRecordState.Quarantined); // Once: the promise is not asked for again.
        outcome.Alarms.Add(Refusal.DataLoss("WITHDRAWAL_MISSING", $"The broker kept back an item for a withdrawal at leaf {record.WithdrawnAt}, and there is none.", $"record {record.Id.Prefix}", "Tell the broker's operator; keep this node's store as evidence."));
    }
}
