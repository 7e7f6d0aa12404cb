using Gateway.Matching.Index;
using Gateway.Node.Tests.Building;
using Gateway.Node.Watch;
using Gateway.Protocol;

namespace Gateway.Node.Tests.Watch;

/// <summary>What nothing has used for thirteen months by the log's day is gone, from memory and disk.</summary>
public sealed class ForgettingTests
{
    private const string Unused = "a@shop.example", Screened = "b@shop.example", Watched = "c@shop.example";

    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public async Task Identifiers_unused_for_thirteen_months_are_forgotten_and_those_in_use_are_not()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        foreach (string email in new[] { Unused, Screened, Watched }) await desk.LearnAsync(email);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("account", Watched), CancellationToken.None);
        await LaterAsync(desk, 200);
        await desk.ScreenAsync("S1", Screened);
        await LaterAsync(desk, Forgetting.UnusedDays - 200);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.Equal(KnownState.Clear, StateOf(desk, Unused)); // Thirteen months to the day.
        await LaterAsync(desk, 1);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.Equal((KnownState.Unknown, KnownState.Clear, KnownState.Clear), (StateOf(desk, Unused), StateOf(desk, Screened), StateOf(desk, Watched)));
        await desk.RestartAsync();
        Assert.Equal((KnownState.Unknown, KnownState.Clear), (StateOf(desk, Unused), StateOf(desk, Screened)));

        // A record about who was forgotten meets nobody; about who was not, it does.
        await desk.PublishAsync(Unused);
        await desk.PublishAsync(Watched);
        Assert.Equal("account", Assert.Single(await desk.AlertsAsync()).Reference);
        await LaterAsync(desk, 200);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.Equal((KnownState.Unknown, KnownState.Hit), (StateOf(desk, Screened), StateOf(desk, Watched)));
    }

    [Fact]
    public async Task Shipments_are_forgotten_after_the_days_of_the_settings_and_their_identifiers_count_as_used_then()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time, pastDays: 30);
        await desk.LearnAsync(Screened);
        await LaterAsync(desk, 100);
        await desk.ScreenAsync("S1", Screened);
        await LaterAsync(desk, 31);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.Equal(0, (await desk.Core.Store.CountPastAsync(CancellationToken.None)).Keys);
        Assert.Null(await desk.Past.FindAsync("S1", CancellationToken.None));
        await desk.PublishAsync(Screened);
        Assert.Empty(await desk.AlertsAsync());
        await LaterAsync(desk, Forgetting.UnusedDays - 31);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.NotEqual(KnownState.Unknown, StateOf(desk, Screened)); // Used on day 100, not on day 0.
        await LaterAsync(desk, 1);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.Equal(KnownState.Unknown, StateOf(desk, Screened));
    }

    [Fact]
    public async Task With_no_days_nothing_of_a_shipment_is_kept_but_that_its_identifiers_were_used()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time, pastDays: 0);
        await desk.LearnAsync(Screened);
        await LaterAsync(desk, 100);
        await desk.ScreenAsync("S1", Screened);
        Assert.Equal(0, (await desk.Core.Store.CountPastAsync(CancellationToken.None)).Shipments);
        await LaterAsync(desk, Forgetting.UnusedDays);
        await desk.Forgetting.RunAsync(CancellationToken.None);
        Assert.Equal(KnownState.Clear, StateOf(desk, Screened));
    }

    private static KnownState StateOf(WatchDesk desk, string email) => desk.Core.Matcher.Known.Find(desk.Shipment("", email).Hashes[0]);

    // Both the node's clock and the log's day: neither alone forgets anything.
    private async Task LaterAsync(WatchDesk desk, int days)
    {
        _time.Advance(TimeSpan.FromDays(days));
        desk.Log.AddDay(UtcDay.Of(_time.GetUtcNow()));
        await desk.Core.FollowAsync();
    }
}
