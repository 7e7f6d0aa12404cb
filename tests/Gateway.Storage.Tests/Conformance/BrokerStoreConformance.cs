using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>What every broker store must do. A derived class says how one is opened.</summary>
public abstract partial class BrokerStoreConformance
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>Opens the test's one store; a second call opens it again, after the first was disposed of.</summary>
    protected abstract ValueTask<IBrokerStore> OpenAsync();

    [Fact]
    public async Task An_empty_store_has_no_head_and_no_leaves()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.Null(await store.ReadHeadAsync(None));
        Assert.Null(await store.ReadLeafAsync(0, None));
        Assert.Null(await store.ReadBatchEndAsync(0, 10, None));
        Assert.Null(store.ReadTile(new TileId(0, 0)));
        Assert.Empty(await store.ReadLeavesAsync(0, ulong.MaxValue, None).ToListAsync());
        Assert.Empty(await store.ReadStateLeavesAsync(None).ToListAsync());
    }

    [Fact]
    public async Task An_append_is_there_with_all_that_belongs_to_it_after_reopening()
    {
        BrokerLeaf[] leaves = [DayLeaf(0), RecordLeaf(1), RecordLeaf(2, itemSize: 60_000)];
        LogAppend append = Append(leaves);
        await using (IBrokerStore store = await OpenAsync())
        {
            await store.AppendAsync(append, None);
        }

        await using IBrokerStore reopened = await OpenAsync();
        Assert.Equivalent(append.Head, await reopened.ReadHeadAsync(None), strict: true);
        Assert.Equivalent(leaves, await reopened.ReadLeavesAsync(0, 10, None).ToListAsync(), strict: true);
        Assert.Equivalent(leaves[2], await reopened.ReadLeafAsync(2, None), strict: true);
        Assert.Equal(append.Tiles[0].Hashes, reopened.ReadTile(append.Tiles[0].Id));
        Assert.Equivalent(append.Records[1], await reopened.FindRecordAsync(Record(2), None), strict: true);
        Assert.Null(await reopened.FindRecordAsync(Record(99), None));
        Assert.Equal([0UL], (await reopened.ReadStateLeavesAsync(None).ToListAsync()).Select(leaf => leaf.Index));
    }

    [Fact]
    public async Task Leaves_are_read_by_range_across_pages()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append([.. Enumerable.Range(0, 1500).Select(index => RecordLeaf((ulong)index))]), None);
        List<BrokerLeaf> leaves = await store.ReadLeavesAsync(3, 1400, None).ToListAsync();
        Assert.Equal(Enumerable.Range(3, 1397).Select(index => (ulong)index), leaves.Select(leaf => leaf.Index));
        Assert.All(leaves, leaf => Assert.Equal(1100, leaf.Item!.Length));
        Assert.Empty(await store.ReadLeavesAsync(1500, 1600, None).ToListAsync());
    }

    [Fact]
    public async Task A_slow_reader_sees_what_is_appended_and_withdrawn_meanwhile_and_blocks_nobody()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append([.. Enumerable.Range(0, 1000).Select(index => RecordLeaf((ulong)index))]), None);
        var read = new List<BrokerLeaf>();
        await foreach (BrokerLeaf leaf in store.ReadLeavesAsync(0, ulong.MaxValue, None))
        {
            read.Add(leaf);
            if (leaf.Index == 0)
            {
                await store.AppendAsync(Append(WithdrawalLeaf(1000, Record(999))) with { Withdrawals = [(Record(999), 1000)] }, None);
            }
        }

        Assert.Equal(1001, read.Count);
        Assert.Null(read[999].Item);
        Assert.Equal(1000UL, read[999].WithdrawnAt);
    }

    [Fact]
    public async Task Leaves_that_do_not_continue_the_log_are_refused_and_nothing_is_written()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(DayLeaf(0)), None);
        await Assert.ThrowsAsync<LogMovedException>(async () => await store.AppendAsync(Append(DayLeaf(0)), None));
        await Assert.ThrowsAsync<LogMovedException>(async () => await store.AppendAsync(Append(DayLeaf(2)), None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Append(DayLeaf(1), DayLeaf(3)), None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Append(DayLeaf(1)) with { Head = Head(7) }, None));
        Assert.Equal(1UL, (await store.ReadHeadAsync(None))!.Size);
        Assert.Single(await store.ReadLeavesAsync(0, 10, None).ToListAsync());
    }

    [Fact]
    public async Task A_record_id_or_key_that_is_there_already_fails_the_whole_append()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(RecordLeaf(0)), None);
        LogAppend sameId = Append(DayLeaf(1), RecordLeaf(2)) with { Records = [Published(2) with { Id = Record(0) }] };
        LogAppend sameKey = Append(DayLeaf(1), RecordLeaf(2)) with { Records = [Published(2) with { RecordKey = Published(0).RecordKey }] };
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.AppendAsync(sameId, None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.AppendAsync(sameKey, None));
        Assert.Single(await store.ReadLeavesAsync(0, 10, None).ToListAsync());
        await store.AppendAsync(Append(DayLeaf(1), RecordLeaf(2)), None);
        Assert.Equal(3UL, (await store.ReadHeadAsync(None))!.Size);
    }

    [Fact]
    public async Task Records_and_leaves_that_do_not_match_are_refused()
    {
        await using IBrokerStore store = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Append(RecordLeaf(0)) with { Records = [] }, None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Append(DayLeaf(0)) with { Records = [Published(0)] }, None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Append(RecordLeaf(0) with { Item = null }), None));
        Assert.Null(await store.ReadHeadAsync(None));
    }

    [Fact]
    public async Task Withdrawal_deletes_the_item_and_the_first_one_stands()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(RecordLeaf(0), RecordLeaf(1)), None);
        await store.AppendAsync(Append(WithdrawalLeaf(2, Record(0))) with { Withdrawals = [(Record(0), 2)] }, None);
        await store.AppendAsync(Append(WithdrawalLeaf(3, Record(0))) with { Withdrawals = [(Record(0), 3)] }, None);
        BrokerLeaf leaf = (await store.ReadLeafAsync(0, None))!;
        Assert.Null(leaf.Item);
        Assert.Equal(2UL, leaf.WithdrawnAt);
        Assert.Equal(RecordLeaf(0).Entry, leaf.Entry);
        Assert.Equal(2UL, (await store.FindRecordAsync(Record(0), None))!.WithdrawnAt);
        Assert.NotNull((await store.ReadLeafAsync(1, None))!.Item);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.AppendAsync(Append(WithdrawalLeaf(4, Record(9))) with { Withdrawals = [(Record(9), 4)] }, None));
    }

    [Fact]
    public async Task A_record_can_be_published_and_withdrawn_in_one_append()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(RecordLeaf(0), WithdrawalLeaf(1, Record(0))) with { Withdrawals = [(Record(0), 1)] }, None);
        Assert.Null((await store.ReadLeafAsync(0, None))!.Item);
        Assert.Empty(await store.CountLiveRecordsAsync(new UtcDay(1), None));
    }

    [Fact]
    public async Task Expiry_deletes_items_of_days_before_and_counts_them()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(
            Append(RecordLeaf(0), RecordLeaf(1), RecordLeaf(2), RecordLeaf(3)) with { Records = [Published(0, expiry: 99), Published(1, expiry: 100), Published(2, expiry: 98), Published(3, 2, 500)] }, None);
        Assert.Equal(1, await store.DeleteExpiredItemsAsync(new UtcDay(100), 1, None));
        Assert.Equal(1, await store.DeleteExpiredItemsAsync(new UtcDay(100), 10, None));
        Assert.Equal(0, await store.DeleteExpiredItemsAsync(new UtcDay(100), 10, None));
        List<BrokerLeaf> leaves = await store.ReadLeavesAsync(0, 4, None).ToListAsync();
        Assert.Equal([false, true, false, true], leaves.Select(leaf => leaf.Item is not null));
        Assert.All(leaves, leaf => Assert.Null(leaf.WithdrawnAt));
        Assert.Equal(new Dictionary<CircleId, long> { [Circle(1)] = 1, [Circle(2)] = 1 }, await store.CountLiveRecordsAsync(new UtcDay(100), None));
        Assert.Equal(new Dictionary<CircleId, long> { [Circle(2)] = 1 }, await store.CountLiveRecordsAsync(new UtcDay(101), None));
    }

    [Fact]
    public async Task A_batch_ends_at_the_largest_checkpoint_within_reach_or_else_at_the_next()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(DayLeaf(0), DayLeaf(1)), None);
        await store.AppendAsync(Append(DayLeaf(2)), None);
        await store.AppendAsync(Append([.. Enumerable.Range(3, 10).Select(index => DayLeaf((ulong)index))]), None);
        Assert.Equal(2UL, (await store.ReadBatchEndAsync(0, 2, None))!.Size);
        Assert.Equal(3UL, (await store.ReadBatchEndAsync(0, 12, None))!.Size);
        Assert.Equal(13UL, (await store.ReadBatchEndAsync(0, ulong.MaxValue, None))!.Size);
        Assert.Equal(13UL, (await store.ReadBatchEndAsync(3, 5, None))!.Size);
        Assert.Null(await store.ReadBatchEndAsync(13, 5, None));
        Assert.Equivalent(Head(3), await store.ReadCheckpointAsync(3, None), strict: true);
        Assert.Null(await store.ReadCheckpointAsync(4, None));
    }

    [Fact]
    public async Task Records_are_found_by_id_or_key_many_at_once()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(RecordLeaf(0), RecordLeaf(1), RecordLeaf(2), RecordLeaf(3)), None);
        RecordKey otherKey = RecordKey.FromBytes(Bytes("other key", 1, 32));
        RecordId otherId = RecordId.FromBytes(Bytes("other id", 1, 32));
        (RecordId, RecordKey)[] unknown = [.. Enumerable.Range(0, 700).Select(i => (RecordId.FromBytes(Bytes("unknown id", i, 32)), RecordKey.FromBytes(Bytes("unknown key", i, 32))))];

        IReadOnlyCollection<PublishedRecord> found = await store.FindRecordsAsync(
            [(Published(0).Id, otherKey), .. unknown[..400], (otherId, Published(1).RecordKey), .. unknown[400..], (Published(2).Id, Published(2).RecordKey), (Published(2).Id, Published(0).RecordKey)], None);
        Assert.Equivalent(new[] { Published(0), Published(1), Published(2) }, found.OrderBy(record => record.Index), strict: true);
        Assert.Empty(await store.FindRecordsAsync(unknown, None));
        Assert.Empty(await store.FindRecordsAsync([], None));
    }

    [Fact]
    public async Task An_invitation_is_used_once()
    {
        await using IBrokerStore store = await OpenAsync();
        Invitation first = await store.AddInvitationAsync(1), second = await store.AddInvitationAsync(2);
        await store.AppendAsync(Append(DayLeaf(0)) with { UsedInvitations = [(Invitation(1).TokenHash, 0)] }, None);
        await Assert.ThrowsAsync<InvitationUsedException>(async () => await store.AppendAsync(Append(DayLeaf(1)) with { UsedInvitations = [(Invitation(1).TokenHash, 1)] }, None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.AppendAsync(Append(DayLeaf(1)) with { UsedInvitations = [(Invitation(3).TokenHash, 1)] }, None));
        Assert.Equal(1UL, (await store.ReadHeadAsync(None))!.Size);
        Assert.Equivalent(first with { UsedAt = 0 }, await store.FindInvitationAsync(Invitation(1).TokenHash, None), strict: true);
        Assert.Null(await store.FindInvitationAsync(Invitation(3).TokenHash, None));
        Assert.Equivalent(new[] { second }, await store.ListOpenInvitationsAsync(Noon, None), strict: true);
        Assert.Empty(await store.ListOpenInvitationsAsync(Noon.AddDays(7), None));
    }

    [Fact]
    public async Task An_epoch_begun_replaces_its_proposal_by_its_route_key()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.SaveProposalAsync(new StoredProposal(Circle(1), 4, [1]), None);
        await store.SaveProposalAsync(new StoredProposal(Circle(1), 4, [2]), None);
        await store.SaveProposalAsync(new StoredProposal(Circle(2), 4, [3]), None);
        Assert.Equal(2, (await store.ListProposalsAsync(None)).Count);
        var key = new StoredRouteKey(Circle(1), 4, Bytes("route", 1, 32));
        await store.AppendAsync(Append(DayLeaf(0)) with { RouteKeys = [key] }, None);
        Assert.Equivalent(new[] { new StoredProposal(Circle(2), 4, [3]) }, await store.ListProposalsAsync(None), strict: true);
        Assert.Equivalent(new[] { key }, await store.ReadRouteKeysAsync(None), strict: true);
    }

    [Fact]
    public async Task Usage_adds_up_by_member_quota_and_day()
    {
        await using IBrokerStore store = await OpenAsync();
        var strong = new QuotaUsage(Member(1), "strong", new UtcDay(10), 5);
        await store.AddUsageAsync([strong, strong, strong with { Day = new UtcDay(9) }], None);
        await store.AppendAsync(Append(DayLeaf(0)) with { Usage = [strong with { Quota = "records", Count = 7 }, strong] }, None);
        Assert.Equal([strong with { Quota = "records", Count = 7 }, strong with { Count = 15 }], await store.ReadUsageAsync(new UtcDay(10), None));
        Assert.Equal(3, (await store.ReadUsageAsync(new UtcDay(9), None)).Count);
    }
}
