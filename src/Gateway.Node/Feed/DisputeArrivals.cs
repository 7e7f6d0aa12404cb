using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Feed;

/// <summary>An entry about a dispute that is believed.</summary>
/// <param name="Index">Its leaf.</param>
/// <param name="Record">The record.</param>
/// <param name="Circle">Its circle.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Change">What the entry does to what is known of the dispute.</param>
public sealed record ArrivedDispute(ulong Index, RecordId Record, CircleId Circle, uint Epoch, Func<DisputeState, DisputeState> Change);

/// <summary>Which entries about disputes are believed (protocol, Disputes): a deadline as the circle's policy has it, a decision that a desk of the circle signed.</summary>
internal static class DisputeArrivals
{
    /// <summary>Whether an entry is about a dispute.</summary>
    public static bool Is(Entry entry) => entry.ContentCase is Entry.ContentOneofCase.RecordDisputed or Entry.ContentOneofCase.RecordDisputeResolved;

    /// <summary>Takes an entry that <see cref="EntryRoute.Of"/> could read.</summary>
    /// <param name="index">Its leaf.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="state">The network's state: the keys of its members.</param>
    /// <param name="history">The circles' policies.</param>
    /// <param name="day">The log's day at the leaf; null where it is not known.</param>
    /// <param name="fault">Why it is not believed.</param>
    public static ArrivedDispute? Take(ulong index, Entry entry, NetworkState state, CircleHistory history, UtcDay? day, out string? fault)
    {
        (CircleId circle, uint epoch) = EntryRoute.Of(entry)!.Value;
        CirclePolicy policy = history.PolicyAt(circle, index) ?? new CirclePolicy();
        if (entry.RecordDisputed is { } disputed)
        {
            fault = DisputeEntries.FaultOf(disputed, policy, day);
            return fault is null ? new ArrivedDispute(index, RecordId.FromBytes(disputed.RecordId.Span), circle, epoch, known => known.After(index, disputed)) : null;
        }

        bool holds = DisputeEntries.TryRead(entry.RecordDisputeResolved, state, out RecordDisputeResolved? resolved, out MemberId decider)
            && DisputeEntries.IsWhole(resolved, index)
            && DisputeTerms.Of(policy).Desks.Contains(decider);
        fault = holds ? null : "A RecordDisputeResolved entry is not whole, or not signed by a dispute desk of the circle.";
        return holds ? new ArrivedDispute(index, RecordId.FromBytes(resolved!.RecordId.Span), circle, epoch, known => known.After(index, resolved)) : null;
    }

    /// <summary>Whether a withdrawal says that a dispute ended the record: nobody has signed it.</summary>
    public static bool Claims(RecordWithdrawn withdrawal) =>
        withdrawal.Signature.IsEmpty && withdrawal.ReplacementId.IsEmpty && withdrawal.Reason is WithdrawalReason.DisputeUpheld or WithdrawalReason.DisputeOverdue;

    /// <summary>
    /// Whether a withdrawal is the end of a dispute about this very record: of its circle and epoch, by what stood in the log before it, on the day at its leaf. What is overdue is so by the day by
    /// which records expire here: a broker that says it is next month ends nothing.
    /// </summary>
    public static bool Ends(ArrivedWithdrawal withdrawal, NodeRecord record, DisputeState? dispute, NodeView view, TimeProvider time)
    {
        RecordWithdrawn entry = withdrawal.Entry;
        if (dispute is null || !Claims(entry) || !IsOf(record, dispute.Circle, dispute.Epoch) || !CircleId.TryFromBytes(entry.CircleId.Span, out CircleId circle) || !IsOf(record, circle, entry.Epoch)) return false;
        if (!(dispute.DisputedAt < withdrawal.Index) || (entry.Reason == WithdrawalReason.DisputeUpheld && !(dispute.DecidedAt < withdrawal.Index))) return false;
        return dispute.Ends(entry.Reason, view.ExpiryDay(time, withdrawal.Index), DisputeTerms.Of(view.History.PolicyAt(record.Circle, withdrawal.Index) ?? new CirclePolicy()));
    }

    /// <summary>Whether a record is of a circle and epoch.</summary>
    public static bool IsOf(NodeRecord record, CircleId circle, uint epoch) => record.Circle == circle && record.Epoch == epoch;
}
