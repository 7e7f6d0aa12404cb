using System.Collections.Immutable;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Feed;

public sealed partial class NodeLog
{
    private readonly SemaphoreSlim _wanted = new(0);

    // Withdrawals of records, or by disputes, that a second reading has yet to bring: else the records would come to life after their end.
    private readonly Dictionary<RecordId, List<ArrivedWithdrawal>> _early = [];
    private volatile ImmutableList<StoredBackfill> _backfills = [];

    /// <summary>Second readings under way, oldest grant first.</summary>
    public IReadOnlyList<StoredBackfill> Backfills => _backfills;

    /// <summary>Ends when there is a second reading to be done. One caller.</summary>
    public async Task WaitForBackfillAsync(CancellationToken cancellation)
    {
        while (_backfills.IsEmpty) await _wanted.WaitAsync(cancellation);

        // The batch that began it may not be visible yet; what is asked for is asked by the view.
        await _gate.WaitAsync(cancellation);
        _gate.Release();
    }

    /// <summary>Collects what came after the grants in earlier runs of this node. Once, before the first part is applied.</summary>
    public async Task PrepareBackfillAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_backfills.IsEmpty) return;
            await foreach (LoggedLeaf leaf in _store.ReadLeavesAsync(_backfills.Min(reading => reading.Grant) + 1, _view.Size, cancellation))
            {
                if (leaf.Entry is not null && TryReadWithdrawal(leaf.Entry) is { } withdrawal) Remember(new ArrivedWithdrawal(leaf.Index, withdrawal), []);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Applies a part of a second reading with its cursor: all of it, or nothing.</summary>
    /// <returns>Whether the reading goes on or has ended in order; false when it was given up, because this member left the circle.</returns>
    public async Task<bool> ApplyAsync(BackfillPart part, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (!_backfills.Contains(part.Before)) return false;
            BatchOutcome outcome = new();
            outcome.Alarms.AddRange(part.Alarms);
            NodeRecord[] records = await RemoveHeldAsync(Judge(part.Records, cancellation), cancellation);
            records = await RemoveRepeatedAsync(records, outcome, cancellation);
            Dictionary<RecordId, NodeRecord> arrived = Arrived(records, outcome);
            bool isLast = part.Next > part.Before.Grant;
            StoredBackfill[] goOn = [.. isLast ? _backfills.Remove(part.Before) : _backfills];
            await JudgeInOrderAsync(part.Disputes, part.Withdrawals, arrived, outcome, _view, [], cancellation);
            foreach (NodeRecord record in arrived.Values)
            {
                bool waits = false;
                foreach (ArrivedWithdrawal withdrawal in _early.GetValueOrDefault(record.Id, [])) waits |= !await WithdrawAsync(withdrawal, arrived, outcome, _view, goOn, cancellation);

                // Between the grant and here it would have been seen.
                bool isOverdue = record.State == NodeRecordState.AwaitingWithdrawal && record.WithdrawnAt > part.Before.Grant && record.WithdrawnAt < _view.Size;
                if (isOverdue && !waits && outcome.EndOf(record.Number) is null) BreakPromise(record, outcome);
            }

            if (isLast) await JudgeRestAsync(part.Before, arrived, outcome, goOn, cancellation);
            Settle(records, outcome);
            StoredBackfill after = part.Before with { Next = part.Next };
            BackfillApply apply = new()
            {
                Backfill = after,
                Leaves = part.Leaves,
                Records = outcome.Records,
                Ended = [.. outcome.Ended.Select(ended => (ended.Record.Number, ended.State))],
                EndedAt = outcome.EndedAt,
                Replacements = outcome.Replacements,
                Alarms = [.. outcome.Alarms.Select(AlarmOf)],
                LoggedOutbox = LoggedBy(outcome),
                WithdrawnOutbox = [.. outcome.Withdrawn.Where(_own.Contains)],
                Disputes = [.. outcome.Disputes.Values],
            };
            await InStepAsync(() => _matcher.ApplyAsync(apply, outcome.EndedTags, () => NoteEnding(outcome, [], _view.Size), cancellation), cancellation);
            _disputes.Set(apply.Disputes, []);
            _lastNumber += part.Records.Count;
            Await(outcome);
            Tell(outcome.Alarms);
            NoteEnd();
            if (isLast) Volatile.Write(ref _wholeFrom, _view.Size); // Before the reading is no longer listed.
            SetBackfills(isLast ? _backfills.Remove(part.Before) : _backfills.Replace(part.Before, after));
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void SetBackfills(ImmutableList<StoredBackfill> readings)
    {
        bool wanted = _backfills.IsEmpty && !readings.IsEmpty;
        _backfills = readings;
        if (readings.IsEmpty) _early.Clear();
        if (wanted) _wanted.Release();
    }

    private void Remember(ArrivedWithdrawal withdrawal, IReadOnlyList<StoredBackfill> begun)
    {
        if (!RecordId.TryFromBytes(withdrawal.Entry.RecordId.Span, out RecordId id) || !CircleId.TryFromBytes(withdrawal.Entry.CircleId.Span, out CircleId circle)) return;
        if (!_backfills.Concat(begun).Any(reading => reading.Circle == circle)) return;
        if (!_early.TryGetValue(id, out List<ArrivedWithdrawal>? known)) _early[id] = known = [];
        known.Add(withdrawal);
    }

    // Read once already, before this member left the circle and came back, or as its own.
    private async Task<NodeRecord[]> RemoveHeldAsync(NodeRecord[] records, CancellationToken cancellation)
    {
        if (records.Length == 0) return records;
        SeenRecords seen = await _store.FindSeenAsync([.. records.Select(record => record.Id)], [], cancellation);
        List<NodeRecord> fresh = new(records.Length);
        foreach (NodeRecord record in records)
        {
            if (!seen.Ids.Contains(record.Id) || (await _store.FindRecordAsync(record.Id, cancellation))?.Index != record.Index) fresh.Add(record);
        }

        return [.. fresh];
    }

    private static RecordWithdrawn? TryReadWithdrawal(byte[] entry)
    {
        try
        {
            return Entry.Parser.ParseFrom(entry).RecordWithdrawn;
        }
        catch (InvalidProtocolBufferException)
        {
            return null; // The batch that brought it raised the alarm.
        }
    }
}
