using FsCheck;
using FsCheck.Fluent;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task What_ended_is_hidden_at_once_and_deleted_when_its_end_is_beyond_doubt()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 3) with { Records = [NodeRecord(1), NodeRecord(2)] }, None);
        await store.ApplyAsync(Apply(3, 2) with { Ended = [(1, NodeRecordState.Withdrawn), (2, NodeRecordState.Expired)], EndedAt = new Dictionary<int, ulong> { [1] = 3, [2] = 4 } }, None);
        Assert.Equal(2, await store.CountEndingsAsync(None));
        Assert.Null((await store.ReadRecordAsync(1, None))!.Item);
        Assert.Equal(0, await store.DeleteEndedAsync(3, 10, None));
        Assert.Equal(1, await store.DeleteEndedAsync(4, 10, None));
        Assert.Equal(1, await store.DeleteEndedAsync(5, 10, None));
        Assert.Equal(0, await store.CountEndingsAsync(None));
        Assert.Equivalent(NodeRecord(2) with { State = NodeRecordState.Expired, Item = null, Tags = [] }, await store.ReadRecordAsync(2, None), strict: true);
        Assert.True(await store.TryEraseAsync(None));
    }

    [Fact]
    public async Task What_is_due_is_found_in_every_state_in_which_a_record_is_live()
    {
        await using INodeStore store = await OpenAsync();
        NodeRecord[] records =
        [
            NodeRecord(1, expiry: 100), NodeRecord(2, NodeRecordState.Quarantined, expiry: 100), NodeRecord(3, NodeRecordState.AwaitingWithdrawal, expiry: 100), NodeRecord(4, expiry: 101),
        ];
        await store.ApplyAsync(Apply(0, 1) with { Records = records }, None);
        Assert.Equal([1, 2, 3], (await store.ReadExpiredAsync(new UtcDay(101), None)).Select(record => record.Number));
        await store.ApplyAsync(Apply(1, 1) with { Ended = [(1, NodeRecordState.Expired), (2, NodeRecordState.Expired), (3, NodeRecordState.Expired)] }, None);
        Assert.Empty(await store.ReadExpiredAsync(new UtcDay(101), None));
    }

    [Fact]
    public void The_live_digest_at_any_size_since_the_last_deletion_is_the_one_of_the_records_live_there() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(40),
        Prop.ForAll(Gen.Choose(0, 9999).ArrayOf().ToArbitrary(), (int[] steps) => RunDigestsAsync(steps).GetAwaiter().GetResult()));

    [Fact]
    public async Task A_rectification_frees_the_reference_and_leads_to_one_withdrawal()
    {
        OutboxRow draft = Draft("case-1", content: 2);
        await using (INodeStore store = await OpenAsync())
        {
            OutboxRow old = Assert.Single(await store.AddDraftsAsync([Draft("case-1")], None));
            await store.UpdateOutboxAsync([old with { State = OutboxState.Closed, RecordId = Record(1), Draft = null }], None);
            OutboxRow added = await store.BeginRectificationAsync(Record(1), "case-1~old", draft, None);
            Assert.Equal(added, await store.BeginRectificationAsync(Record(1), "case-1~old", draft, None), SameRow);
            Assert.Equal("case-1~old", (await store.FindOutboxAsync(Record(1), None))!.Reference);
            Assert.Equal(("case-1", OutboxState.Draft), (added.Reference, added.State));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.BeginRectificationAsync(Record(9), "x", draft, None));
        }

        await using INodeStore reopened = await OpenAsync();
        StoredRectification begun = Assert.Single(await reopened.ReadRectificationsAsync(None));
        Assert.Equal((Record(1), draft.CreatedAt), (begun.Record, begun.CreatedAt));
        Assert.Equal("case-1", (await reopened.ReadOutboxRowAsync(begun.OutboxId, None))!.Reference);
        await reopened.EndRectificationAsync(Record(1), Withdrawal(1), None);
        Assert.Empty(await reopened.ReadRectificationsAsync(None));
        Assert.Equivalent(Withdrawal(1), Assert.Single(await reopened.ReadOpenWithdrawalsAsync(None)), strict: true);
    }

    [Fact]
    public async Task A_correction_that_was_refused_can_be_given_again()
    {
        await using INodeStore store = await OpenAsync();
        OutboxRow old = Assert.Single(await store.AddDraftsAsync([Draft("case-1")], None));
        await store.UpdateOutboxAsync([old with { State = OutboxState.Closed, RecordId = Record(1), Draft = null }], None);
        OutboxRow first = await store.BeginRectificationAsync(Record(1), "case-1~old", Draft("case-1", content: 2), None);
        await store.UpdateOutboxAsync([first with { State = OutboxState.Refused }], None);
        OutboxRow second = await store.BeginRectificationAsync(Record(1), "case-1~old", Draft("case-1", content: 3), None);
        Assert.Equal((first.Id, OutboxState.Draft), (second.Id, second.State));
        Assert.Single(await store.ReadRectificationsAsync(None));
    }

    [Fact]
    public async Task What_takes_a_records_place_and_epochs_given_up_stay_known()
    {
        await using (INodeStore store = await OpenAsync())
        {
            await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)], Replacements = [(Record(1), Record(2)), (Record(1), Record(3))] }, None);
            await store.AddKnownAsync([Known(1)], None);
            await store.RetireEpochAsync(Circle(1), 3, None);
            await store.RetireEpochAsync(Circle(1), 3, None);
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equal(Record(2), await reopened.FindReplacementAsync(Record(1), None));
        Assert.Null(await reopened.FindReplacementAsync(Record(2), None));
        Assert.Equal([(Circle(1), 3U)], await reopened.ReadRetiredEpochsAsync(None));
        Assert.Empty(await reopened.ReadKnownTagsOfAsync(Circle(1), None));
    }

    [Fact]
    public async Task A_quarantined_record_is_reported_once()
    {
        await using INodeStore store = await OpenAsync();
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1), NodeRecord(2), NodeRecord(3, NodeRecordState.AwaitingWithdrawal)] }, None);
        Assert.Empty(await store.ReadUnreportedAsync(10, None));
        await store.QuarantineAsync(2, "KnownTagsListed", None);
        Assert.Equal("KnownTagsListed", Assert.Single(await store.ReadUnreportedAsync(10, None)).Fault);
        await store.NoteReportedAsync(2, None);
        await store.NoteReportedAsync(2, None);
        Assert.Empty(await store.ReadUnreportedAsync(10, None));
    }

    [Fact]
    public async Task An_own_record_that_expires_leaves_no_receipt()
    {
        await using INodeStore store = await OpenAsync();
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None));
        await store.UpdateOutboxAsync([row with { State = OutboxState.Closed, RecordId = Record(1), Draft = null, Receipt = Bytes("receipt", 1, 300) }], None);
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)] }, None);
        await store.ApplyAsync(Apply(1, 1) with { Ended = [(1, NodeRecordState.Expired)] }, None);
        Assert.Null((await store.FindOutboxAsync(Record(1), None))!.Receipt);
    }

    private static readonly IEqualityComparer<OutboxRow> SameRow = EqualityComparer<OutboxRow>.Create((a, b) => a!.Id == b!.Id && a.State == b.State && a.ContentHash.SequenceEqual(b.ContentHash), row => row.Id.GetHashCode());

    // The model: where each record was published and where it ended.
    private async Task RunDigestsAsync(int[] steps)
    {
        StartAnew();
        var records = new List<(RecordId Id, int Circle, ulong At, ulong End)>();
        ulong size = 0, deleted = 0;
        await using INodeStore store = await OpenAsync();
        foreach (int step in steps)
        {
            int argument = step / 4, number = records.Count == 0 ? 0 : 1 + (argument % records.Count);
            switch (step % 4)
            {
                case 0 or 1:
                    NodeRecordState state = (argument % 5) switch { 0 => NodeRecordState.Quarantined, 1 => NodeRecordState.AwaitingWithdrawal, _ => NodeRecordState.Live };
                    int circle = 1 + (argument % 2);
                    await store.ApplyAsync(Apply(size, 1) with { Records = [NodeRecord(records.Count + 1, state, circle: circle) with { Index = size }] }, None);
                    records.Add((Record(records.Count + 1), circle, size++, ulong.MaxValue));
                    break;
                case 2 when number > 0 && records[number - 1].End == ulong.MaxValue:
                    await store.ApplyAsync(Apply(size, 2) with { Ended = [(number, argument % 2 == 0 ? NodeRecordState.Withdrawn : NodeRecordState.Expired)], EndedAt = new Dictionary<int, ulong> { [number] = size } }, None);
                    records[number - 1] = records[number - 1] with { End = size };
                    size += 2;
                    break;
                case 3:
                    deleted = Math.Max(deleted, size - Math.Min(size, (ulong)(argument % 4)));
                    await store.DeleteEndedAsync(deleted, 100, None);
                    break;
            }
        }

        for (ulong at = deleted; at <= size; at++)
        {
            for (int circle = 1; circle <= 2; circle++)
            {
                RecordId[] live = [.. records.Where(record => record.Circle == circle && record.At < at && record.End >= at).Select(record => record.Id)];
                Assert.Equal((LiveDigest.Of(live), (ulong)live.Length), await store.ReadLiveDigestAsync(Circle(circle), at, None));
            }
        }
    }
}
