using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task Orders_are_replaced_circle_by_circle_and_stay()
    {
        await using (INodeStore store = await OpenAsync())
        {
            Assert.Empty(await store.ReadCircleOrdersAsync(None));
            await store.ReplaceCircleOrdersAsync(Circle(1), [Order(1), Order(2)], None);
            await store.ReplaceCircleOrdersAsync(Circle(2), [Order(1, circle: 2)], None);
            await store.ReplaceCircleOrdersAsync(Circle(1), [Order(2, change: CircleMemberChange.Removed), Order(3)], None);
            await Assert.ThrowsAsync<ArgumentException>(async () => await store.ReplaceCircleOrdersAsync(Circle(1), [Order(1, circle: 2)], None));
            await Assert.ThrowsAsync<StoreMovedException>(async () => await store.ReplaceCircleOrdersAsync(Circle(2), [], None, before: [Order(2, circle: 2)]));
            await store.ReplaceCircleOrdersAsync(Circle(2), [Order(1, circle: 2)], None, before: [Order(1, circle: 2)]);
        }

        await using INodeStore reopened = await OpenAsync();
        StoredCircleOrder[] expected = [Order(2, change: CircleMemberChange.Removed), Order(3), Order(1, circle: 2)];
        Assert.Equal(expected.OrderBy(order => (order.Circle, order.Member)), await reopened.ReadCircleOrdersAsync(None));
    }

    [Fact]
    public async Task A_part_of_a_second_reading_is_there_with_its_cursor_and_the_last_one_ends_it()
    {
        StoredBackfill reading = new(4, Circle(1), 1);
        await using (INodeStore store = await OpenAsync())
        {
            LoggedLeaf[] blind = [.. Apply(0, 6).Leaves.Select(leaf => leaf with { Entry = null, Salt = null })];
            await store.ApplyAsync(Apply(0, 6) with { Leaves = blind, Backfills = [reading] }, None);
            Assert.Equal([reading], await store.ReadBackfillsAsync(None));
            Assert.Equal(4UL, reading.Remaining);
            await store.ApplyBackfillAsync(new BackfillApply { Backfill = reading with { Next = 3 }, Leaves = [Leaf(1), Leaf(2)], Records = [NodeRecord(1)], Alarms = [Alarm(1)] }, None);
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equal([reading with { Next = 3 }], await reopened.ReadBackfillsAsync(None));
        Assert.Equal([false, true, true, false, false, false], (await reopened.ReadLeavesAsync(0, 6, None).ToListAsync()).Select(leaf => leaf.Entry is not null));
        Assert.Equivalent(Leaf(2), (await reopened.ReadLeavesAsync(2, 3, None).ToListAsync())[0], strict: true);
        Assert.Equivalent(NodeRecord(1), await reopened.ReadRecordAsync(1, None), strict: true);
        Assert.Single(await reopened.ReadAlarmsAsync(10, None));

        await reopened.ApplyBackfillAsync(new BackfillApply { Backfill = reading with { Next = 5 }, Leaves = [Leaf(4)], Ended = [(1, NodeRecordState.Withdrawn)] }, None);
        Assert.Empty(await reopened.ReadBackfillsAsync(None));
        Assert.Equal(NodeRecordState.Withdrawn, (await reopened.ReadRecordAsync(1, None))!.State);
    }

    [Fact]
    public async Task A_second_reading_that_was_given_up_brings_nothing_back()
    {
        await using INodeStore store = await OpenAsync();
        StoredBackfill reading = new(2, Circle(1), 0);
        await store.ApplyAsync(Apply(0, 3) with { Backfills = [reading] }, None);
        await store.ApplyAsync(Apply(3, 1) with { Left = [new LeftCircle(Circle(1), 3, [])] }, None);
        Assert.Empty(await store.ReadBackfillsAsync(None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.ApplyBackfillAsync(new BackfillApply { Backfill = reading with { Next = 1 }, Leaves = [], Records = [NodeRecord(1)] }, None));
        Assert.Null(await store.ReadRecordAsync(1, None));
    }

    [Fact]
    public async Task A_circle_that_is_left_takes_its_records_tags_and_hits_along_and_leaves_the_outbox()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 5) with { Records = [NodeRecord(1), NodeRecord(2, NodeRecordState.Quarantined), NodeRecord(3, circle: 2), NodeRecord(4)] }, None);
        KnownTag kept = new(Tag(7), Hash(1), Circle(1), 9), other = new(Tag(8), Hash(1), Circle(2), 3);
        await store.AddKnownAsync([Known(1, 1, 3)], None);
        await store.AddKnownTagsAsync([kept, other], [], None);
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("mine")], None));
        await store.UpdateOutboxAsync([row with { State = OutboxState.Closed, RecordId = Record(1), Draft = null }], None);
        Assert.Equal([1], (await store.ReadTagsOfAsync(Circle(1), 4, None)).Select(tags => tags.Number));
        Assert.Equal([3u, 9u], (await store.ReadKnownTagsOfAsync(Circle(1), None)).Select(tag => tag.Epoch));
        Assert.Equal([3u], await store.ReadLiveEpochsAsync(Circle(1), None));

        // Record 4 stands at the index from which on the member is back.
        await store.ApplyAsync(Apply(5, 1) with { Left = [new LeftCircle(Circle(1), 4, [9])] }, None);
        Assert.Null(await store.ReadRecordAsync(1, None));
        Assert.Null(await store.FindRecordAsync(Record(2), None));
        Assert.Equivalent(NodeRecord(3, circle: 2), await store.ReadRecordAsync(3, None), strict: true);
        Assert.Equivalent(NodeRecord(4), await store.ReadRecordAsync(4, None), strict: true);
        Assert.Equal([3, 4], (await store.ReadLiveTagsAsync(None).ToListAsync()).Select(tags => tags.Number));
        Assert.Equal([3], (await store.ReadHitsAsync(None).ToListAsync()).Select(hit => hit.Record));
        Assert.Equal([kept, other], (await store.ReadKnownTagsAsync(0, None).Select(row => row.Tag).ToListAsync()).OrderBy(tag => tag.Epoch == 9 ? 0 : 1));
        Assert.Equal(OutboxState.Closed, (await store.FindOutboxAsync(Record(1), None))!.State);
        Assert.NotNull(await store.FindKnownAsync(1, Hash(1), None));
        Assert.Equal([3, 4], (await store.ListRecordsAsync(null, None).ToListAsync()).Select(record => record.Number).Order());
        Assert.All(await store.CountRecordsAsync(None), count => Assert.Equal((NodeRecordState.Live, 1L), (count.State, count.Count)));

        // What is deleted for good waits for the log that says so to be accepted: it is hidden, and still counts as seen.
        Assert.Equal(2, await store.CountEndingsAsync(None));
        Assert.Equal(0, await store.DeleteEndedAsync(4, 10, None));
        Assert.Single((await store.FindSeenAsync([Record(1)], [], None)).Ids);
        Assert.Equal(2, await store.DeleteEndedAsync(5, 10, None));
        Assert.Empty((await store.FindSeenAsync([Record(1), Record(2)], [], None)).Ids);
        Assert.Single((await store.FindSeenAsync([Record(4)], [], None)).Ids);
    }

    [Fact]
    public async Task Who_is_back_before_its_leaving_was_accepted_reads_everything_again_once()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 5) with { Records = [NodeRecord(1)] }, None);
        StoredBackfill reading = new(5, Circle(1), 0);
        await store.ApplyAsync(Apply(5, 1) with { Left = [new LeftCircle(Circle(1), 4, [])], Backfills = [reading] }, None);
        Assert.Equal(0, await store.CountEndingsAsync(None));
        Assert.Empty((await store.FindSeenAsync([Record(1)], [], None)).Ids);
        NodeRecord again = NodeRecord(1) with { Number = 2 };
        await store.ApplyBackfillAsync(new BackfillApply { Backfill = reading with { Next = 6 }, Leaves = [], Records = [again] }, None);
        Assert.Equivalent(again, await store.FindRecordAsync(Record(1), None), strict: true);
    }
}
