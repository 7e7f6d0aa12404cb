using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Storage;
using Gateway.Storage.Node;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>
/// Closes cases whose record has ended or that nobody uses, and deletes closed ones when the node's setting or the circle's longest retention says so, whichever is shorter. Done when the log
/// has gone on, the day has, or something came.
/// </summary>
public sealed class CaseKeeping(INodeStore store, CaseVault vault, NodeSettings settings, CaseSignals signals, Func<NodeView> view, AlarmBell alarms, TimeProvider time)
{
    private (ulong Size, UtcDay Day, int Arrivals)? _done;

    /// <summary>Does what is due.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        NodeView now = view();
        UtcDay today = UtcDay.Of(time.GetUtcNow());
        int arrivals = signals.Arrivals;
        if (_done == (now.Size, today, arrivals)) return;
        await foreach (StoredCase row in store.Cases.ReadCasesAsync(0, cancellation))
        {
            try
            {
                if (row.Closing == 0) await CloseAsync(row, now, cancellation);
                else if (row.ChangedAt + KeptOf(row, now) <= time.GetUtcNow()) await store.Cases.DeleteCaseAsync(row.Id, cancellation);
            }
            catch (StoreCorruptException damaged)
            {
                await alarms.RaiseFailureAsync("keeping cases", damaged, cancellation); // The others are closed and deleted all the same.
            }
        }

        _done = (now.Size, today, arrivals);
    }

    private async Task CloseAsync(StoredCase row, NodeView now, CancellationToken cancellation)
    {
        V1.CaseClosing closing = await EndOfAsync(row, now, cancellation);
        if (closing == V1.CaseClosing.Unspecified && row.ChangedAt + KeptOf(row, now) <= time.GetUtcNow()) closing = V1.CaseClosing.Unused;
        if (closing != V1.CaseClosing.Unspecified) await store.Cases.CloseAsync(row.Id, (int)closing, time.GetUtcNow(), cancellation);
    }

    // A referral outlives the record: the police member may hold no copy of it, and what was referred is its own case from there on.
    private async Task<V1.CaseClosing> EndOfAsync(StoredCase row, NodeView now, CancellationToken cancellation)
    {
        if (row.Role is not ((int)V1.CaseRole.Asker or (int)V1.CaseRole.Contributor)) return V1.CaseClosing.Unspecified;
        if (await store.FindOutboxAsync(row.Record, cancellation) is { State: OutboxState.Withdrawn }) return V1.CaseClosing.RecordWithdrawn;
        NodeRecord? record = await store.FindRecordAsync(row.Record, cancellation);
        return record switch
        {
            { State: NodeRecordState.Withdrawn } => V1.CaseClosing.RecordWithdrawn,
            { State: NodeRecordState.Expired } => V1.CaseClosing.RecordExpired,
            { } => record.Expiry < now.ExpiryDay(time) ? V1.CaseClosing.RecordExpired : V1.CaseClosing.Unspecified,
            // A contributor that has left the circle, or may not read there, holds no copy and still answers.
            null => row.Role == (int)V1.CaseRole.Asker ? V1.CaseClosing.RecordGone : V1.CaseClosing.Unspecified,
        };
    }

    private TimeSpan KeptOf(StoredCase row, NodeView now)
    {
        int days = settings.KeptCaseDays;
        return CircleId.TryFromBytes(vault.Open(row).CircleId.Span, out CircleId id) && now.State.Circles.TryGetValue(id, out NetworkCircle? circle)
            ? TimeSpan.FromDays(Math.Min(days, circle.Policy.MaximumRetentionDays))
            : TimeSpan.FromDays(days);
    }
}
