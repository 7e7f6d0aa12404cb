using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Errors;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

public sealed partial class NodeLog
{
    // In leaf order: what is said of disputes counts for the withdrawals after it and for none before, wherever the broker ends its batches. Returns those that cannot be judged yet.
    private async Task<List<ArrivedWithdrawal>> JudgeInOrderAsync(
        IReadOnlyList<ArrivedDispute> disputes, IReadOnlyList<ArrivedWithdrawal> withdrawals, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, NodeView view, StoredBackfill[] readings, CancellationToken cancellation)
    {
        DropForeign(arrived.Values, outcome);
        List<ArrivedWithdrawal> early = [];
        int next = 0;
        foreach (ArrivedWithdrawal withdrawal in withdrawals)
        {
            for (; next < disputes.Count && disputes[next].Index < withdrawal.Index; next++) await TakeAsync(disputes[next], arrived, outcome, cancellation);
            if (!await WithdrawAsync(withdrawal, arrived, outcome, view, readings, cancellation)) early.Add(withdrawal);
        }

        for (; next < disputes.Count; next++) await TakeAsync(disputes[next], arrived, outcome, cancellation);
        return early;
    }

    private async Task TakeAsync(ArrivedDispute dispute, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, CancellationToken cancellation)
    {
        NodeRecord? record = arrived.GetValueOrDefault(dispute.Record) ?? await _store.FindRecordAsync(dispute.Record, cancellation);
        if (!_disputes.Take(dispute, record, outcome.Disputes)) outcome.Alarms.Add(Foreign($"leaf {dispute.Index}"));
    }

    // What was said of a record before it was held, in another circle: the record's own circle begins anew.
    private void DropForeign(IEnumerable<NodeRecord> arrived, BatchOutcome outcome)
    {
        foreach (NodeRecord record in arrived)
        {
            if (_disputes.Find(record.Id) is not { } known || DisputeArrivals.IsOf(record, known.Circle, known.Epoch)) continue;
            outcome.Disputes[record.Id] = new DisputeState(record.Id, record.Circle, record.Epoch);
            outcome.Alarms.Add(Foreign($"record {record.Id.Prefix}"));
        }
    }

    // Withdrawals by disputes that a second reading could have explained, when it has ended. Those of records that arrive with its last part are judged with them.
    private async Task JudgeRestAsync(StoredBackfill ended, Dictionary<RecordId, NodeRecord> arrived, BatchOutcome outcome, StoredBackfill[] others, CancellationToken cancellation)
    {
        foreach (ArrivedWithdrawal withdrawal in _early.Values.SelectMany(all => all).Where(early => DisputeArrivals.Claims(early.Entry)).OrderBy(early => early.Index))
        {
            RecordId id = RecordId.FromBytes(withdrawal.Entry.RecordId.Span);
            if (arrived.ContainsKey(id) || await _store.FindRecordAsync(id, cancellation) is not { } record || !ended.Covers(record.Circle, record.Index)) continue;
            bool hasEnded = record.State is not (NodeRecordState.Live or NodeRecordState.AwaitingWithdrawal or NodeRecordState.Quarantined) || outcome.EndOf(record.Number) is not null;
            if (!hasEnded) await WithdrawAsync(withdrawal, arrived, outcome, _view, others, cancellation);
        }
    }

    private static Refusal Foreign(string which) =>
        Refusal.DataLoss("DISPUTE_INVALID", "What is said of a dispute is of another circle or epoch than its record.", which, "Tell the broker's operator; keep this node's store as evidence.");
}
