using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Feed;

/// <summary>An entry about a dispute that is believed.</summary>
/// <param name="Record">The record.</param>
/// <param name="Circle">Its circle.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Change">What the entry does to what is known of the dispute.</param>
public sealed record ArrivedDispute(RecordId Record, CircleId Circle, uint Epoch, Func<DisputeState, DisputeState> Change);

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
            return fault is null ? new ArrivedDispute(RecordId.FromBytes(disputed.RecordId.Span), circle, epoch, known => known.After(index, disputed)) : null;
        }

        bool holds = DisputeEntries.TryRead(entry.RecordDisputeResolved, state, out RecordDisputeResolved? resolved, out MemberId decider)
            && DisputeEntries.IsWhole(resolved, index)
            && DisputeTerms.Of(policy).Desks.Contains(decider);
        fault = holds ? null : "A RecordDisputeResolved entry is not whole, or not signed by a dispute desk of the circle.";
        return holds ? new ArrivedDispute(RecordId.FromBytes(resolved!.RecordId.Span), circle, epoch, known => known.After(index, resolved)) : null;
    }

    /// <summary>Whether a withdrawal that its contributor has not signed is the end of a dispute. What is overdue is so by the day by which records expire here: a broker that says it is next month ends nothing.</summary>
    public static bool Ends(RecordWithdrawn withdrawal, ulong index, DisputeState? dispute, NodeView view, TimeProvider time)
    {
        if (dispute is null || !withdrawal.Signature.IsEmpty || !withdrawal.ReplacementId.IsEmpty) return false;
        return dispute.Ends(withdrawal.Reason, view.ExpiryDay(time), DisputeTerms.Of(view.History.PolicyAt(dispute.Circle, index) ?? new CirclePolicy()));
    }
}
