using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Node.Watch;

/// <summary>Once a day of the log: forgets past shipments after the days that the settings give, identifiers that nothing has used for 13 months (protocol §4.3), and alerts as old as that.</summary>
public sealed class Forgetting(INodeStore store, NodeMatcher matcher, PastShipments past, NodeSettings settings, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time)
    : RepeatedWork("forgetting", Pauses.Every(Round), alarms, random, time)
{
    /// <summary>Thirteen months.</summary>
    public const int UnusedDays = 396;

    private const int Page = 2_000;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(10);

    private UtcDay _done;

    /// <summary>Forgets what is due on the log's day, unless it was done for that day.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        NodeView now = view();
        UtcDay today = now.ExpiryDay(Time);
        if (today <= _done) return;
        await past.ForgetAsync(Before(today, settings.RememberedDays), cancellation);
        await ForgetUnusedAsync(Before(today, UnusedDays), now.State.OprfKeys?.Version ?? 0, cancellation);
        await store.ForgetAlertsAsync(new DateTimeOffset(Before(today, UnusedDays).ToDate(), TimeOnly.MinValue, TimeSpan.Zero), cancellation);
        _done = today;
    }

    /// <inheritdoc/>
    protected override Task RoundAsync(CancellationToken cancellation) => RunAsync(cancellation);

    private async Task ForgetUnusedAsync(UtcDay day, uint version, CancellationToken cancellation)
    {
        long after = 0;
        while (await store.ReadUnusedAsync(day, after, Page, cancellation) is { Count: > 0 } page)
        {
            after = page[^1].Id;
            List<KnownIdentifier> unused = [];
            foreach ((_, KnownIdentifier identifier) in page)
            {
                // Nothing is written where an identifier is used, so that screening stays fast: the past shipments know when it was.
                UtcDay? last = await store.FindLastPastDayAsync(PastShipments.KeyOf(identifier.Hash), cancellation);
                if (last is { } used && used >= day) await store.TouchKnownAsync([identifier.Hash], used, cancellation);
                else unused.Add(identifier);
            }

            if (unused.Count > 0) await matcher.ForgetAsync(unused, version, cancellation);
        }
    }

    private static UtcDay Before(UtcDay day, int days) => new(day.Number > days ? day.Number - (uint)days : 0);
}
