using Gateway.Protocol;
using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>Sellers, past shipments, meetings, alerts, dismissals, forgetting.</summary>
public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task A_reference_is_one_seller_however_often_it_is_registered()
    {
        await using (INodeStore store = await OpenAsync())
        {
            IReadOnlyList<(SellerChange Change, StoredSeller Seller)> first = await store.SaveSellersAsync([Seller(1, 1, Hash(1), Hash(2)), Seller(2, 1, Hash(2))], None);
            Assert.Equal([SellerChange.Added, SellerChange.Added], first.Select(saved => saved.Change));
            Assert.Equal(SellerChange.Unchanged, (await store.SaveSellersAsync([Seller(1, 1, Hash(9))], None))[0].Change);
            (SellerChange change, StoredSeller replaced) = (await store.SaveSellersAsync([Seller(1, 2, Hash(3))], None))[0];
            Assert.Equal((SellerChange.Replaced, first[0].Seller.Id), (change, replaced.Id));
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equal(2, await reopened.CountSellersAsync(None));
        Assert.Equivalent(Seller(1, 2, Hash(3)) with { Id = 1 }, await reopened.FindSellerAsync(Seller(1, 2).Reference, None), strict: true);
        Assert.Empty(await reopened.FindSellersAsync(Hash(1), None));
        Assert.Equal([2L], (await reopened.FindSellersAsync(Hash(2), None)).Select(seller => seller.Id));
        Assert.Equal([1L, 2L], (await reopened.ListSellersAsync(None).ToListAsync()).Select(seller => seller.Id));
        Assert.True(await reopened.RemoveSellerAsync(Seller(2, 1).Reference, None));
        Assert.False(await reopened.RemoveSellerAsync(Seller(2, 1).Reference, None));
        Assert.Empty(await reopened.FindSellersAsync(Hash(2), None));
    }

    [Fact]
    public async Task Past_shipments_are_found_by_their_keys_newest_first_until_they_are_forgotten()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddKnownAsync([Known(1)], None);
        await store.AddPastAsync(Past(10), [5, 6], None);
        await store.AddPastAsync(Past(11), [6, -7], None);
        Assert.Equal([11u, 10u], (await store.FindPastAsync(6, None).ToListAsync()).Select(past => past.Day.Number));
        Assert.Equal(Past(11).Sealed, Assert.Single(await store.FindPastAsync(-7, None).ToListAsync()).Sealed);
        Assert.Equal(new UtcDay(11), await store.FindLastPastDayAsync(6, None));
        Assert.Null(await store.FindLastPastDayAsync(8, None));
        Assert.Equal(new PastSize(4, 2 * Past(1).Sealed.Length, 4), await store.CountPastAsync(None));

        StoredPastShipments old = Assert.Single(await store.ReadPastBeforeAsync(new UtcDay(11), 10, None));
        await store.ForgetPastAsync(old.Id, [5, 6], [Hash(1), Hash(99)], Known(1).UsedDay.AddDays(3), None);
        Assert.Empty(await store.FindPastAsync(5, None).ToListAsync());
        Assert.Equal([11u], (await store.FindPastAsync(6, None).ToListAsync()).Select(past => past.Day.Number));
        Assert.Equal(Known(1).UsedDay.AddDays(3), (await store.FindKnownAsync(1, Hash(1), None))!.UsedDay);
    }

    [Fact]
    public async Task A_new_hit_of_what_is_watched_is_a_meeting_until_its_alerts_are_stored()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddKnownAsync([Known(1), Known(2), Known(3)], None);
        await store.SaveSellersAsync([Seller(1, 1, Hash(1))], None);
        await store.AddPastAsync(Past(10), [(long)(ulong)(Hash(2) >> 64)], None);
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)], Hits = [new StoredHit(Hash(1), 1), new StoredHit(Hash(2), 1), new StoredHit(Hash(3), 1)] }, None);
        await store.AddKnownTagsAsync([], [new StoredHit(Hash(1), 1)], None);
        IReadOnlyList<OpenMeeting> meetings = await store.ReadMeetingsAsync(0, 10, None);
        Assert.Equal([Hash(1), Hash(2)], meetings.Select(meeting => meeting.Hash)); // The third concerns nobody; the repeated one is no new hit.
        Assert.Equal([Hash(2)], (await store.ReadMeetingsAsync(meetings[0].Id, 10, None)).Select(meeting => meeting.Hash));
        await store.SaveAlertsAsync([Alert(1, 1)], [meetings[0].Id], None);
        Assert.Equal([Hash(2)], (await store.ReadMeetingsAsync(0, 10, None)).Select(meeting => meeting.Hash));
        await store.AddMeetingsAsync([new StoredHit(Hash(1), 1), new StoredHit(Hash(1), 77)], None);
        Assert.Equal(2, (await store.ReadMeetingsAsync(0, 10, None)).Count);
        await store.ApplyAsync(Apply(1, 1) with { Ended = [(1, NodeRecordState.Expired)] }, None);
        Assert.Empty(await store.ReadMeetingsAsync(0, 10, None));
    }

    [Fact]
    public async Task There_is_one_alert_a_pair_and_a_heavier_one_replaces_it()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 2) with { Records = [NodeRecord(1), NodeRecord(2)] }, None);
        await store.SaveAlertsAsync([Alert(1, 1), Alert(1, 2), Alert(2, 1), Alert(3, 9)], [], None);
        List<StoredAlert> all = await store.ReadAlertsAsync(0, None).ToListAsync();
        Assert.Equal(3, all.Count); // Record 9 is not there.
        Assert.True(await store.AcknowledgeAlertAsync(all[0].Id, [1, 2], None));
        Assert.False(await store.AcknowledgeAlertAsync(99, [1], None));
        await store.SaveAlertsAsync([Alert(1, 1) with { Opened = [9], RaisedAt = Noon.AddDays(1) }], [], None);
        Assert.Equal(Alert(1, 1).Opened, (await store.FindAlertAsync(all[0].Id, None))!.Opened);
        await store.SaveAlertsAsync([Alert(1, 1) with { Opened = [9], Weight = Alert(1, 1).Weight + 1, RaisedAt = Noon.AddDays(1) }], [], None);
        StoredAlert replaced = (await store.FindAlertAsync(all[0].Id, None))!;
        Assert.Equal([9], replaced.Opened);
        Assert.Equal([1, 2], replaced.Acknowledged);
        Assert.Equal(Noon, replaced.RaisedAt);
        Assert.Equal([all[1].Id, all[2].Id, all[0].Id], (await store.ReadAlertsAsync(0, None).ToListAsync()).Select(alert => alert.Id));
        Assert.Equal([all[0].Id], (await store.ReadAlertsAsync(all[2].Change, None).ToListAsync()).Select(alert => alert.Id));
        await store.ForgetAlertsAsync(Noon.AddSeconds(1), None);
        Assert.Empty(await store.ReadAlertsAsync(0, None).ToListAsync());
    }

    [Theory]
    [InlineData(NodeRecordState.Withdrawn)]
    [InlineData(NodeRecordState.Expired)]
    [InlineData(NodeRecordState.Quarantined)]
    public async Task The_alerts_of_a_record_that_ends_stay_and_say_so_without_what_it_had_opened(NodeRecordState end)
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 2) with { Records = [NodeRecord(1), NodeRecord(2)] }, None);
        await store.SaveAlertsAsync([Alert(1, 1), Alert(1, 2)], [], None);
        long before = (await store.ReadAlertsAsync(0, None).ToListAsync())[^1].Change;
        if (end == NodeRecordState.Quarantined) await store.QuarantineAsync(1, "opening", None);
        else await store.ApplyAsync(Apply(2, 1) with { Ended = [(1, end)] }, None);
        StoredAlert ended = Assert.Single(await store.ReadAlertsAsync(before, None).ToListAsync());
        Assert.Equal((1, end), (ended.Record, ended.Ended));
        Assert.Null(ended.Opened);
        Assert.Equal(Alert(1, 1).About, ended.About);
        await store.SaveAlertsAsync([Alert(1, 1) with { Weight = long.MaxValue }], [], None); // Decided before the end, stored after it.
        Assert.Equal(end, (await store.FindAlertAsync(ended.Id, None))!.Ended);
    }

    [Fact]
    public async Task A_dismissal_of_a_pair_is_one_and_can_be_taken_back()
    {
        await using (INodeStore store = await OpenAsync())
        {
            await store.AddDismissalAsync(Dismissal(1), None);
            await store.AddDismissalAsync(Dismissal(2), None);
            await store.AddDismissalAsync(Dismissal(1) with { Sealed = [7] }, None);
        }

        await using INodeStore reopened = await OpenAsync();
        List<StoredDismissal> all = await reopened.ListDismissalsAsync(None).ToListAsync();
        Assert.Equal([Dismissal(2).Sealed, [7]], all.Select(dismissal => dismissal.Sealed));
        Assert.True(await reopened.RemoveDismissalAsync(all[0].Id, None));
        Assert.False(await reopened.RemoveDismissalAsync(all[0].Id, None));
        Assert.Single(await reopened.ListDismissalsAsync(None).ToListAsync());
    }

    [Fact]
    public async Task Unused_identifiers_are_those_no_seller_has_and_go_with_their_tags_and_hits()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)] }, None);
        await store.AddKnownAsync([Known(1, 1), Known(2, 1), Known(3, 1)], None);
        UtcDay later = Known(1).UsedDay.AddDays(10);
        await store.TouchKnownAsync([Hash(2), Hash(50)], later, None);
        await store.TouchKnownAsync([Hash(2)], Known(1).UsedDay, None); // An earlier day changes nothing.
        await store.SaveSellersAsync([Seller(1, 1, Hash(3))], None);
        Assert.Empty(await store.ReadUnusedAsync(Known(1).UsedDay, 0, 10, None));
        (long id, KnownIdentifier unused) = Assert.Single(await store.ReadUnusedAsync(later, 0, 10, None));
        Assert.Equal(Hash(1), unused.Hash);
        Assert.Empty(await store.ReadUnusedAsync(later, id, 10, None));
        await store.ForgetKnownAsync([unused with { Tags = Known(1).Tags, Records = [1] }], None);
        Assert.Null(await store.FindKnownAsync(1, Hash(1), None));
        Assert.Equal([.. Known(2).Tags, .. Known(3).Tags], await store.ReadKnownTagsAsync(0, None).Select(known => known.Tag).ToListAsync());
        Assert.Equal(2, (await store.ReadHitsAsync(None).ToListAsync()).Count);
        Assert.Equal([Hash(2), Hash(3)], await store.ReadKnownHashesAsync(1, 0, None).Select(known => known.Hash).ToListAsync());
    }

    private static StoredSeller Seller(int number, int content, params UInt128[] hashes) => new()
    {
        Reference = Bytes("seller", number, 32),
        Content = Bytes("content", content, 32),
        Sealed = Bytes("sealed seller", number, 200),
        RegisteredDay = new UtcDay(20_000),
        Hashes = hashes,
    };

    private static StoredPastShipments Past(uint day) => new(0, new UtcDay(day), 2, Bytes("past", day, 300));

    private static StoredAlert Alert(int subject, int record) => new()
    {
        Kind = AlertSubject.Seller,
        Subject = Bytes("subject", subject, 32),
        Record = record,
        Weight = 12_000,
        RaisedAt = Noon,
        About = Bytes("about", subject, 60),
        Opened = Bytes("opened", record, 90),
    };

    private static StoredDismissal Dismissal(int number) => new(0, Bytes("dismissed", number, 32), Bytes("dismissed identifiers", number, 48), new UtcDay(20_000), Bytes("why", number, 80));
}
