using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage.Node;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>
/// Ends contributions that expire while they wait in the outbox: draft and sealed copy are deleted, once a day of the log. One that had reached the log all the same closes when the feed brings it.
/// </summary>
public sealed class OutboxExpiry(Outbox outbox, INodeStore store, KnownCache cache, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time)
    : RepeatedWork("ending expired contributions", Pauses.Every(Round), alarms, random, time)
{
    private const int Page = 200;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    private UtcDay _done;

    /// <summary>Ends what is due on the log's day, unless it was done for that day.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        UtcDay today = view().ExpiryDay(Time);
        if (today <= _done) return;
        foreach (OutboxState state in (OutboxState[])[OutboxState.Draft, OutboxState.Sealed])
        {
            long after = 0;
            while (await store.ReadOutboxAsync(state, after, Page, cancellation) is { Count: > 0 } rows)
            {
                after = rows[^1].Id;
                OutboxRow[] expired = [.. rows.Where(row => ExpiryOf(row) is { } expiry && expiry < today).Select(row => Refusals.For(row, Past(row, today)))];
                if (expired.Length == 0) continue;
                foreach (OutboxRow row in await store.AdvanceOutboxAsync(expired, cancellation)) outbox.Tell(row);
            }
        }

        _done = today;
    }

    /// <inheritdoc/>
    protected override Task RoundAsync(CancellationToken cancellation) => RunAsync(cancellation);

    private UtcDay? ExpiryOf(OutboxRow row)
    {
        if (row.Submission is not null) return new UtcDay(V1.Submission.Parser.ParseFrom(row.Submission).ExpiryDay);
        return row.Draft is not null && cache.TryOpenDraft(row.Draft, out byte[]? draft) && V1.Contribution.Parser.ParseFrom(draft).Summary is { ExpiryDay: > 0 } summary ? new UtcDay(summary.ExpiryDay) : null;
    }

    private static Refusal Past(OutboxRow row, UtcDay today) => Refusal.Invalid("EXPIRY_PAST", $"The case expired before {today}, while it waited to be published; it was deleted here.", $"reference {row.Reference}", "Contribute it again with a later expiry, if it is still true.");
}
