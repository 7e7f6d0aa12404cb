using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>What every node store must do with the feed, records and known identifiers. A derived class says how one is opened.</summary>
public abstract partial class NodeStoreConformance
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>Opens the test's one store; a second call opens it again, after the first was disposed of.</summary>
    protected abstract ValueTask<INodeStore> OpenAsync();

    [Fact]
    public async Task An_empty_store_has_nothing()
    {
        await using INodeStore store = await OpenAsync();
        Assert.Null(await store.ReadHeadAsync(None));
        Assert.Equal(0, await store.ReadLastRecordNumberAsync(None));
        Assert.Null(await store.FindRecordAsync(Record(1), None));
        Assert.Null(await store.ReadRecordAsync(1, None));
        Assert.Null(store.ReadTile(new TileId(1, 5)));
        Assert.Empty(await store.ReadLeavesAsync(0, ulong.MaxValue, None).ToListAsync());
        Assert.Empty(await store.ReadLiveTagsAsync(None).ToListAsync());
        Assert.Empty(await store.ReadHitsAsync(None).ToListAsync());
    }

    [Fact]
    public async Task A_batch_is_there_with_all_that_belongs_to_it_after_reopening()
    {
        FeedApply apply = Apply(0, 3) with { Records = [NodeRecord(1), NodeRecord(2, NodeRecordState.Quarantined), NodeRecord(3, NodeRecordState.AwaitingWithdrawal)], Alarms = [Alarm(1)] };
        await using (INodeStore store = await OpenAsync())
        {
            await store.ApplyAsync(apply, None);
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equivalent(apply.Head, await reopened.ReadHeadAsync(None), strict: true);
        Assert.Equivalent(apply.Leaves, await reopened.ReadLeavesAsync(0, 10, None).ToListAsync(), strict: true);
        Assert.Equal(apply.Tiles[0].Hashes, reopened.ReadTile(apply.Tiles[0].Id));
        foreach (NodeRecord record in apply.Records)
        {
            Assert.Equivalent(record, await reopened.ReadRecordAsync(record.Number, None), strict: true);
            Assert.Equivalent(record, await reopened.FindRecordAsync(record.Id, None), strict: true);
        }

        Assert.Equal(3, await reopened.ReadLastRecordNumberAsync(None));
        RecordTags tags = Assert.Single(await reopened.ReadLiveTagsAsync(None).ToListAsync());
        Assert.Equal(1, tags.Number);
        Assert.Equal(NodeRecord(1).Tags, tags.Tags);
        Assert.Equivalent(apply.Alarms, await reopened.ReadAlarmsAsync(10, None), strict: true);
        Assert.Equal([3], (await reopened.ReadAwaitingWithdrawalAsync(None)).Select(record => record.Number));
    }

    [Fact]
    public async Task Leaves_of_other_circles_are_kept_without_entry_and_state_leaves_are_told_from_records()
    {
        await using INodeStore store = await OpenAsync();
        byte[] day = new Entry { Day = new Day { Day_ = 7 } }.ToByteArray();
        byte[] withdrawal = new Entry { RecordWithdrawn = new RecordWithdrawn() }.ToByteArray();
        FeedApply apply = Apply(0, 5);
        LoggedLeaf[] leaves =
        [
            apply.Leaves[0] with { Entry = day },
            apply.Leaves[1] with { Entry = null, Salt = null },
            apply.Leaves[2],
            apply.Leaves[3] with { Entry = withdrawal },
            apply.Leaves[4] with { Entry = [0xff] },
        ];
        await store.ApplyAsync(apply with { Leaves = leaves }, None);
        Assert.Equivalent(leaves, await store.ReadLeavesAsync(0, 5, None).ToListAsync(), strict: true);
        Assert.Equal([0UL, 4UL], (await store.ReadStateLeavesAsync(None).ToListAsync()).Select(leaf => leaf.Index));
        Assert.Equal([4UL], (await store.ReadStateLeavesAsync(None, from: 1).ToListAsync()).Select(leaf => leaf.Index));
    }

    [Fact]
    public async Task A_batch_that_does_not_continue_the_log_is_refused_and_nothing_is_written()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 2), None);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ApplyAsync(Apply(0, 2), None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ApplyAsync(Apply(3, 1), None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ApplyAsync(Apply(2, 1) with { Head = Head(9) }, None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.ApplyAsync(Apply(2, 1) with { Records = [NodeRecord(1)], Ended = [(77, NodeRecordState.Expired)] }, None));
        Assert.Equal(2UL, (await store.ReadHeadAsync(None))!.Size);
        Assert.Equal(2, (await store.ReadLeavesAsync(0, 10, None).ToListAsync()).Count);
        Assert.Null(await store.ReadRecordAsync(1, None));
    }

    [Fact]
    public async Task A_record_number_is_never_given_twice()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(5)] }, None);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ApplyAsync(Apply(1, 1) with { Records = [NodeRecord(5)] }, None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ApplyAsync(Apply(1, 1) with { Records = [NodeRecord(4)] }, None));
    }

    [Theory]
    [InlineData(NodeRecordState.Withdrawn)]
    [InlineData(NodeRecordState.Expired)]
    public async Task What_ends_loses_item_tags_and_hits(NodeRecordState end)
    {
        await using INodeStore store = await OpenAsync();
        await store.AddKnownAsync([Known(1)], None);
        await store.ApplyAsync(Apply(0, 2) with { Records = [NodeRecord(1), NodeRecord(2)], Hits = [new StoredHit(Hash(1), 1), new StoredHit(Hash(1), 2)] }, None);
        await store.ApplyAsync(Apply(2, 1) with { Ended = [(1, end)] }, None);
        Assert.Equivalent(NodeRecord(1) with { State = end, Item = null, Tags = [] }, await store.ReadRecordAsync(1, None), strict: true);
        Assert.Equal([new StoredHit(Hash(1), 2)], await store.ReadHitsAsync(None).ToListAsync());
        Assert.Equal([2], (await store.ReadLiveTagsAsync(None).ToListAsync()).Select(tags => tags.Number));
        Assert.Equal([2], (await store.ReadLiveTagsAsync(None, after: 1).ToListAsync()).Select(tags => tags.Number));
        Assert.Empty(await store.ReadLiveTagsAsync(None, after: 2).ToListAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.ApplyAsync(Apply(3, 1) with { Ended = [(1, NodeRecordState.Live)] }, None));
    }

    [Fact]
    public async Task A_quarantined_record_keeps_item_and_tags_and_can_be_released()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)], Hits = [new StoredHit(Hash(1), 1)] }, None);
        await store.QuarantineAsync(1, "tag list", None);
        await store.QuarantineAsync(1, "another", None);
        Assert.Equivalent(NodeRecord(1) with { State = NodeRecordState.Quarantined, Fault = "tag list" }, await store.ReadRecordAsync(1, None), strict: true);
        Assert.Empty(await store.ReadLiveTagsAsync(None).ToListAsync());
        Assert.Empty(await store.ReadHitsAsync(None).ToListAsync());
        await store.ApplyAsync(Apply(1, 1) with { Ended = [(1, NodeRecordState.Live)], Hits = [new StoredHit(Hash(1), 1)] }, None);
        Assert.Equivalent(NodeRecord(1), await store.ReadRecordAsync(1, None), strict: true);
        Assert.Single(await store.ReadLiveTagsAsync(None).ToListAsync());
        Assert.Single(await store.ReadHitsAsync(None).ToListAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.QuarantineAsync(9, "none", None));
    }

    [Fact]
    public async Task A_record_that_repeats_an_id_is_kept_in_quarantine_and_the_first_is_found()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 2) with { Records = [NodeRecord(1), NodeRecord(2, NodeRecordState.Quarantined) with { Id = Record(1), RecordKey = NodeRecord(1).RecordKey }] }, None);
        Assert.Equal(1, (await store.FindRecordAsync(Record(1), None))!.Number);
        SeenRecords seen = await store.FindSeenAsync([Record(1), Record(8)], [NodeRecord(1).RecordKey, NodeRecord(8).RecordKey], None);
        Assert.Equal([Record(1)], seen.Ids);
        Assert.Equal([Convert.ToHexStringLower(NodeRecord(1).RecordKey)], seen.RecordKeysHex);
    }

    [Fact]
    public async Task Expired_records_are_those_not_ended_with_an_earlier_day()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(
            Apply(0, 3) with { Records = [NodeRecord(1, expiry: 99), NodeRecord(2, expiry: 100), NodeRecord(3, NodeRecordState.Quarantined, expiry: 50)] }, None);
        Assert.Equal([1, 3], (await store.ReadExpiredAsync(new UtcDay(100), None)).Select(record => record.Number));
    }

    [Fact]
    public async Task Records_are_listed_newest_first_by_circle_and_counted()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 2500) with { Records = [.. Enumerable.Range(1, 2500).Select(number => NodeRecord(number, circle: number % 5 == 0 ? 2 : 1))] }, None);
        Assert.Equal(Enumerable.Range(1, 2500).Reverse(), (await store.ListRecordsAsync(null, None).ToListAsync()).Select(record => record.Number));
        Assert.Equal(500, (await store.ListRecordsAsync(Circle(2), None).ToListAsync()).Count);
        Assert.Equal(2500, (await store.ReadLiveTagsAsync(None).ToListAsync()).Count);
        IReadOnlyList<(CircleId Circle, NodeRecordState State, long Count)> counts = await store.CountRecordsAsync(None);
        Assert.Contains((Circle(1), NodeRecordState.Live, 2000L), counts);
        Assert.Contains((Circle(2), NodeRecordState.Live, 500L), counts);
        Assert.Equal(2, counts.Count);
    }

    [Fact]
    public async Task Known_identifiers_are_kept_with_tags_and_the_live_records_they_meet()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 2) with { Records = [NodeRecord(1), NodeRecord(2, NodeRecordState.Quarantined)] }, None);
        await store.AddKnownAsync([Known(1, 1, 2, 99), Known(2)], None);
        KnownIdentifier found = (await store.FindKnownAsync(1, Hash(1), None))!;
        Assert.Equal(Known(1).SealedEvaluation, found.SealedEvaluation);
        Assert.Equal(Known(1).UsedDay, found.UsedDay);
        Assert.Null(await store.FindKnownAsync(2, Hash(1), None));
        Assert.Equal([new StoredHit(Hash(1), 1)], await store.ReadHitsAsync(None).ToListAsync());
        Assert.Equal([.. Known(1).Tags, .. Known(2).Tags], await store.ReadKnownTagsAsync(0, None).Select(known => known.Tag).ToListAsync());
    }

    [Fact]
    public async Task An_identifier_held_already_is_left_as_it_is()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddKnownAsync([Known(1)], None);
        await store.AddKnownAsync([Known(1) with { SealedEvaluation = [9] }, Known(1) with { Version = 2 }], None);
        Assert.Equal(Known(1).SealedEvaluation, (await store.FindKnownAsync(1, Hash(1), None))!.SealedEvaluation);
        Assert.Equal([Hash(1)], await store.ReadKnownHashesAsync(2, 0, None).Select(known => known.Hash).ToListAsync());
        Assert.Single(await store.ReadKnownTagsAsync(0, None).Select(known => known.Tag).ToListAsync());
    }

    [Fact]
    public async Task Known_identifiers_and_tags_stream_across_pages_by_version()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddKnownAsync([.. Enumerable.Range(0, 4500).Select(number => Known(number) with { Version = number % 3 == 0 ? 2u : 1u })], None);
        HashSet<UInt128> expected = [.. Enumerable.Range(0, 4500).Where(number => number % 3 != 0).Select(Hash)];
        Assert.True(expected.SetEquals(await store.ReadKnownHashesAsync(1, 0, None).Select(known => known.Hash).ToListAsync()));
        Assert.Equal(1500, (await store.ReadKnownAsync(2, None).ToListAsync()).Count);
        Assert.Equal(4500, (await store.ReadKnownTagsAsync(0, None).Select(known => known.Tag).ToListAsync()).Count);
    }

    [Fact]
    public async Task Who_has_read_known_identifiers_and_tags_up_to_a_row_reads_on_behind_it()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddKnownAsync([.. Enumerable.Range(0, 3000).Select(number => Known(number))], None);
        (long Row, UInt128 Hash)[] all = [.. await store.ReadKnownHashesAsync(1, 0, None).ToListAsync()];
        (long Row, KnownTag Tag)[] tags = [.. await store.ReadKnownTagsAsync(0, None).ToListAsync()];
        Assert.Equal(all.OrderBy(known => known.Row), all);
        Assert.Equal(all[2500..], await store.ReadKnownHashesAsync(1, all[2499].Row, None).ToListAsync());
        Assert.Equal(tags[2500..], await store.ReadKnownTagsAsync(tags[2499].Row, None).ToListAsync());
        Assert.Empty(await store.ReadKnownHashesAsync(1, all[^1].Row, None).ToListAsync());
        await store.AddKnownAsync([Known(9000), Known(1) with { Version = 2 }], None);
        Assert.Equal([Hash(9000)], await store.ReadKnownHashesAsync(1, all[^1].Row, None).Select(known => known.Hash).ToListAsync());
        Assert.Equal((3001, 1), (await store.CountKnownAsync(1, None), await store.CountKnownAsync(2, None)));
    }

    [Fact]
    public async Task Tags_of_a_new_epoch_join_the_old_ones_and_are_kept_once()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)] }, None);
        await store.AddKnownAsync([Known(1)], None);
        var tag = new KnownTag(Tag(5), Hash(1), Circle(1), 4);
        await store.AddKnownTagsAsync([tag], [new StoredHit(Hash(1), 1)], None);
        await store.AddKnownTagsAsync([tag], [new StoredHit(Hash(1), 1)], None);
        Assert.Equal([.. Known(1).Tags, tag], await store.ReadKnownTagsAsync(0, None).Select(known => known.Tag).ToListAsync());
        Assert.Equal([new StoredHit(Hash(1), 1)], await store.ReadHitsAsync(None).ToListAsync());
    }

    [Fact]
    public async Task Hits_stream_across_pages()
    {
        await using INodeStore store = await OpenAsync();
        StoredHit[] hits = [.. Enumerable.Range(0, 5000).Select(number => new StoredHit(Hash(number), 1 + (number % 3)))];
        await store.ApplyAsync(Apply(0, 3) with { Records = [NodeRecord(1), NodeRecord(2), NodeRecord(3)], Hits = hits }, None);
        List<StoredHit> read = await store.ReadHitsAsync(None).ToListAsync();
        Assert.Equal(5000, read.Count);
        Assert.True(hits.ToHashSet().SetEquals(read));
    }
}
