using System.Security.Cryptography;
using Gateway.Matching.Index;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Feed;

/// <summary>Who joins later reads the log a second time with the keys it was granted; who leaves keeps nothing.</summary>
public sealed class BackfillTests
{
    private readonly ManualTime _time = ManualTime.Now();
    private readonly TestLog _log;
    private readonly CircleKey _first;

    public BackfillTests()
    {
        _log = new TestLog(UtcDay.Of(_time.GetUtcNow()), policy => policy.Disputes = new DisputeRules { DeskIds = { policy.StewardId } });
        _first = _log.Circle;
    }

    [Fact]
    public async Task Older_records_come_to_life_once_and_meet_what_was_screened_before()
    {
        byte[] evaluation = RandomNumberGenerator.GetBytes(64);
        SealedRecord met = _log.Seal(null, null, new SealIdentifier(1, evaluation, OpensRecord: true)), expired = _log.Seal(_log.Day.AddDays(1)), withdrawn = _log.Seal();
        _log.Publish(met);
        _log.Publish(expired);
        _log.Publish(withdrawn);
        ulong gone = _log.Withdraw(withdrawn);
        int place = _log.Find(entry => entry.RecordPublished?.RecordId == withdrawn.Submission.RecordId);
        _log[place] = _log[place] with { Item = ByteString.Empty, WithdrawnAt = gone };
        _log.AddDay(_log.Day.AddDays(2));
        _time.Advance(TimeSpan.FromDays(2));
        CircleKey second = Next(1, _log.Steward, _log.Second);
        SealedRecord newer = Published();
        Join(2, _first, second);
        SealedRecord last = Published();

        await using TestCore node = await StartAsync();
        await node.FollowAsync(_log.Size - 1);
        await node.LearnAsync(77, evaluation);
        Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(77));
        await node.FollowAsync();
        Assert.Null(await node.StateOfAsync(met));
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(last));

        await ReadAgainAsync(node);
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(77));
        Assert.Equal(
            [NodeRecordState.Live, NodeRecordState.Expired, NodeRecordState.Withdrawn, NodeRecordState.Live, NodeRecordState.Live],
            [await node.StateOfAsync(met), await node.StateOfAsync(expired), await node.StateOfAsync(withdrawn), await node.StateOfAsync(newer), await node.StateOfAsync(last)]);
        Assert.Empty(node.Log.Backfills);
        Assert.Equal(node.Log.View.Size, node.Log.WholeFrom); // What was live before and ended since has never been here.
        Assert.Empty(await node.AlarmsAsync());

        // The same tree as ever, and the entries can now be read in it.
        await node.RestartAsync();
        Assert.Equal(_log.RootAt(_log.Size), node.Log.View.Root);
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(77));
        LoggedLeaf leaf = await LeafAsync(node, place);
        Assert.Equal(_log[place].Entry, leaf.Entry);
    }

    [Fact]
    public async Task A_node_that_stops_half_way_goes_on_from_there_and_nothing_comes_twice()
    {
        SealedRecord[] records = [.. Enumerable.Range(0, 10).Select(_ => _log.Seal())];
        foreach (SealedRecord record in records) _log.Publish(record);
        Join(1, _first);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        StoredBackfill whole = Assert.Single(node.Log.Backfills);
        for (int step = 0; node.Log.Backfills.Count > 0; step++)
        {
            // One leaf, then a failed write, then a restart.
            await ReadAgainAsync(node, most: 1);
            if (node.Log.Backfills.Count == 0) break;
            node.Refuses = name => name == nameof(INodeStore.ApplyBackfillAsync);
            await Assert.ThrowsAsync<StoreUnavailableException>(() => ReadAgainAsync(node, most: 3));
            node.Refuses = _ => false;
            await node.RestartAsync();
            Assert.Equal(whole.Next + (ulong)step + 1, Assert.Single(node.Log.Backfills).Next);
        }

        foreach (SealedRecord record in records) Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        List<NodeRecord> held = [];
        await foreach (NodeRecord record in node.Store.ListRecordsAsync(null, CancellationToken.None)) held.Add(record);
        Assert.Equal(10, held.Count);
        Assert.Empty(await node.AlarmsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_withdrawal_that_came_before_its_record_was_read_ends_it_though_the_broker_still_shows_the_item(bool restarts)
    {
        SealedRecord record = _log.Seal();
        _log.Publish(record);
        Join(1, _first);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        _log.Withdraw(record); // Under the granted epoch: this node is shown it.
        await node.FollowAsync();
        if (restarts)
        {
            await node.RestartAsync();
            await node.Log.PrepareBackfillAsync(CancellationToken.None);
        }

        await ReadAgainAsync(node);
        Assert.Equal(NodeRecordState.Withdrawn, await node.StateOfAsync(record));
        Assert.Empty(await node.AlarmsAsync());
    }

    [Fact]
    public async Task A_promised_withdrawal_that_never_was_is_an_alarm_when_the_reading_ends()
    {
        int place = (int)_log.Publish(_log.Seal());
        _log[place] = _log[place] with { Item = ByteString.Empty, WithdrawnAt = _log.Size };
        _log.AddDay(_log.Day.AddDays(1));
        Join(1, _first);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        await ReadAgainAsync(node);
        _log.AddDay(_log.Day.AddDays(2));
        _time.Advance(TimeSpan.FromDays(2));
        await node.FollowAsync();
        Assert.Contains("WITHDRAWAL_MISSING", (await node.AlarmsAsync()).Select(alarm => alarm.Code));
    }

    [Fact]
    public async Task A_granted_entry_kept_back_or_another_leaf_is_a_fault_and_nothing_is_applied()
    {
        int place = (int)_log.Publish(_log.Seal());
        Join(1, _first);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        await RefusesAsync("ENTRY_HIDDEN", leaf => (leaf.Entry, leaf.Item) = (ByteString.Empty, ByteString.Empty));
        await RefusesAsync("ITEM_HIDDEN", leaf => leaf.Item = ByteString.Empty);
        await RefusesAsync("ENTRY_ALTERED", leaf => leaf.Salt = ByteString.CopyFrom(new byte[16]));
        await RefusesAsync("LEAF_DIFFERS", leaf => leaf.LeafData = ByteString.CopyFrom([.. leaf.LeafData.Span[..48], (byte)(leaf.LeafData[48] ^ 1)]));
        await ReadAgainAsync(node);
        Assert.Empty(node.Log.Backfills);

        async Task RefusesAsync(string code, Action<FeedLeaf> change)
        {
            StoredBackfill before = Assert.Single(node.Log.Backfills);
            FeedFaultException fault = await Assert.ThrowsAsync<FeedFaultException>(() => ReadAgainAsync(node, change: (index, leaf) =>
            {
                if (index == (ulong)place) change(leaf);
            }));
            Assert.Equal(code, fault.Refusal.Code);
            Assert.Equal(before, Assert.Single(node.Log.Backfills));
        }
    }

    [Fact]
    public async Task Who_is_removed_keeps_nothing_of_the_circle_and_reads_the_log_on_without_fault()
    {
        byte[] evaluation = RandomNumberGenerator.GetBytes(64);
        Join(1, _first);
        SealedRecord record = _log.Seal(null, null, new SealIdentifier(1, evaluation, OpensRecord: true));
        _log.Publish(record);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        await node.LearnAsync(5, evaluation);
        Assert.Equal(KnownState.Hit, node.Matcher.Known.Find(5));

        Leave(2);
        _log.Withdraw(record); // Under a key it held: no longer its business.
        SealedRecord later = Published();
        await node.FollowAsync();
        Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(5));
        Assert.Empty(node.Log.View.Keyring.Keys);
        Assert.NotNull(node.Log.View.Keyring.FindRouteKey(_first.Circle, 1));
        Assert.Null(await node.StateOfAsync(record));
        Assert.Null(await node.StateOfAsync(later));
        Assert.Empty(node.Log.Backfills);
        Assert.Empty(await node.Store.ReadKnownTagsOfAsync(_first.Circle, CancellationToken.None));
        Assert.Equal("CIRCLE_LEFT", Assert.Single(await node.AlarmsAsync()).Code);
        await node.RestartAsync();
        Assert.Empty(node.Log.View.Keyring.Keys);
        Assert.Equal(KnownState.Clear, node.Matcher.Known.Find(5));

        // Back again: everything that lives, once.
        Join(3, _first, _log.Circle);
        await node.FollowAsync();
        await ReadAgainAsync(node);
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(later));
        Assert.Null(await node.StateOfAsync(record)); // Epoch 1 was not granted again.
    }

    [Fact]
    public async Task Who_is_expelled_from_the_network_keeps_nothing_of_its_circles()
    {
        Join(1, _first);
        SealedRecord record = Published();
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        _log.Add(new Entry { MemberExpelled = new MemberExpelled { MemberId = _log.Outsider.IdBytes, Reason = MembershipReason.RulesBroken } });
        await node.FollowAsync();
        Assert.Null(await node.StateOfAsync(record));
        Assert.Empty(node.Log.View.Keyring.Keys);

        // Hidden at once, over a restart too; deleted for good when other members have cosigned the log that says so, and not on this broker's word alone.
        await node.RestartAsync();
        Assert.Null(await node.StateOfAsync(record));
        ulong expelledAt = _log.Size - 1;
        Assert.Equal(0, await node.Store.DeleteEndedAsync(expelledAt, 10, CancellationToken.None));
        Assert.Single((await node.Store.FindSeenAsync([record.Id], [], CancellationToken.None)).Ids);
        Assert.Equal(1, await node.Store.DeleteEndedAsync(expelledAt + 1, 10, CancellationToken.None));
        Assert.Empty((await node.Store.FindSeenAsync([record.Id], [], CancellationToken.None)).Ids);
    }

    [Fact]
    public async Task A_node_that_was_away_while_it_left_and_came_back_has_what_it_was_given_last()
    {
        Join(1, _first);
        SealedRecord between = Published();
        Leave(2);
        SealedRecord without = Published();
        CircleKey second = _log.Circle;
        Join(3, second);
        SealedRecord last = Published();
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        await ReadAgainAsync(node);
        Assert.Equal([null, NodeRecordState.Live, NodeRecordState.Live], [await node.StateOfAsync(between), await node.StateOfAsync(without), await node.StateOfAsync(last)]);
        Assert.Equal([2u, 3u], node.Log.View.Keyring.Keys.Select(key => key.Epoch));
        TestCore steward = await TestCore.StartAsync(_log, _log.Steward, _time);
        await using (steward)
        {
            await steward.FollowAsync();
            Assert.Equal(NodeRecordState.Live, await steward.StateOfAsync(between));
            Assert.Empty(await steward.AlarmsAsync());
        }
    }

    [Fact]
    public async Task Disputes_from_before_the_grant_show_and_what_they_ended_is_ended_here_too()
    {
        SealedRecord open = Published(), overdue = Published();
        Dispute(overdue);
        _log.AddDay(_log.Day.AddDays(31));
        _time.Advance(TimeSpan.FromDays(31));
        Dispute(open);
        _log.Add(
            new Entry { RecordWithdrawn = new RecordWithdrawn { RecordId = overdue.Submission.RecordId, CircleId = overdue.Submission.CircleId, Epoch = 0, Reason = WithdrawalReason.DisputeOverdue } }, _first.RouteKey);
        int place = _log.Find(entry => entry.RecordPublished?.RecordId == overdue.Submission.RecordId);
        _log[place] = _log[place] with { Item = ByteString.Empty, WithdrawnAt = _log.Size - 1 };
        Join(1, _first);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        Assert.Null(node.Disputes.Find(open.Id));
        await ReadAgainAsync(node);
        Assert.True(node.Disputes.Find(open.Id) is { IsOpen: true });
        Assert.Equal([NodeRecordState.Live, NodeRecordState.Withdrawn], [await node.StateOfAsync(open), await node.StateOfAsync(overdue)]);
        Assert.Empty(await node.AlarmsAsync());
    }

    [Theory]
    [InlineData(WithdrawalReason.DisputeOverdue, false)]
    [InlineData(WithdrawalReason.DisputeOverdue, true)]
    [InlineData(WithdrawalReason.DisputeUpheld, false)]
    [InlineData(WithdrawalReason.DisputeUpheld, true)]
    public async Task A_withdrawal_by_a_dispute_that_was_not_read_again_yet_waits_for_the_end_of_the_reading(WithdrawalReason reason, bool restarts)
    {
        SealedRecord record = Published(), forged = Published();
        Dispute(record);
        ulong disputed = _log.Size - 1;
        Join(1, _first);
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        await ReadAgainAsync(node, most: (int)(disputed - Assert.Single(node.Log.Backfills).Next));
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        RecordDisputeResolved resolved = new() { RecordId = record.Submission.RecordId, CircleId = record.Submission.CircleId, DisputedAt = disputed, Decision = DisputeDecision.Upheld, Reason = DisputeReason.Outdated };
        if (reason == WithdrawalReason.DisputeUpheld) _log.Add(new Entry { RecordDisputeResolved = Statements.Sign(resolved, _log.GenesisHash.Span, _log.Steward.Id, _log.Steward.Keys.Member) }, _first.RouteKey);
        _log.AddDay(_log.Day.AddDays(31));
        _time.Advance(TimeSpan.FromDays(31));
        foreach (SealedRecord one in (SealedRecord[])[record, forged]) _log.Add(new Entry { RecordWithdrawn = new RecordWithdrawn { RecordId = one.Submission.RecordId, CircleId = one.Submission.CircleId, Reason = reason } }, _first.RouteKey);
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        Assert.Empty(await node.AlarmsAsync());
        if (restarts)
        {
            await node.RestartAsync();
            await node.Log.PrepareBackfillAsync(CancellationToken.None);
        }

        await ReadAgainAsync(node);
        Assert.Equal([NodeRecordState.Withdrawn, NodeRecordState.Live], [await node.StateOfAsync(record), await node.StateOfAsync(forged)]);
        Assert.Equal("WITHDRAWAL_FORGED", Assert.Single(await node.AlarmsAsync()).Code);
    }

    private void Dispute(SealedRecord record) => _log.Add(
        new Entry
        {
            RecordDisputed = new RecordDisputed
            {
                RecordId = record.Submission.RecordId, CircleId = record.Submission.CircleId, Epoch = 0, Ground = DisputeGround.Untrue, DeadlineDay = _log.State.Day.AddDays(30).Number,
            },
        },
        _first.RouteKey);

    private Task<TestCore> StartAsync() => TestCore.StartAsync(_log, _log.Outsider, _time);

    private SealedRecord Published()
    {
        SealedRecord record = _log.Seal(_log.Day.AddDays(60));
        _log.Publish(record);
        return record;
    }

    private CircleKey Next(uint epoch, params TestParty[] members) => _log.Circle = _log.AddEpoch(_first.Circle, epoch, members);

    private void Join(uint epoch, params CircleKey[] granted)
    {
        _log.AddMember(_first.Circle, epoch, _log.Outsider, _log.Steward, _log.Second);
        Next(epoch, _log.Steward, _log.Second, _log.Outsider);
        _log.AddGrant(_first.Circle, epoch, _log.Outsider, granted, _log.Steward, _log.Second);
    }

    private void Leave(uint epoch)
    {
        _log.RemoveMember(_first.Circle, epoch, _log.Outsider, _log.Steward, _log.Second);
        Next(epoch, _log.Steward, _log.Second);
    }

    /// <summary>Reads on what is to be read again, as the service does, up to a number of leaves.</summary>
    private async Task ReadAgainAsync(TestCore node, int most = int.MaxValue, Action<ulong, FeedLeaf>? change = null)
    {
        for (int left = most; left > 0 && node.Log.Backfills.Count > 0;)
        {
            StoredBackfill reading = node.Log.Backfills[0];
            ulong to = reading.Next + Math.Min(reading.Remaining, (ulong)left);
            FeedLeaf[] shown = [.. _log.Batch(node.Party, reading.Next, to, node.Log.View.Size).Leaves];
            for (int i = 0; i < shown.Length; i++) change?.Invoke(reading.Next + (ulong)i, shown[i]);
            List<LoggedLeaf> own = [];
            await foreach (LoggedLeaf leaf in node.Store.ReadLeavesAsync(reading.Next, to, CancellationToken.None)) own.Add(leaf);
            Assert.True(await node.Log.ApplyAsync(BackfillReader.Read(reading, shown, own, node.Log.View, node.Party.Id, node.Time), CancellationToken.None));
            left -= shown.Length;
        }
    }

    private static async Task<LoggedLeaf> LeafAsync(TestCore node, int index)
    {
        await foreach (LoggedLeaf leaf in node.Store.ReadLeavesAsync((ulong)index, (ulong)index + 1, CancellationToken.None)) return leaf;
        throw new InvalidOperationException($"There is no leaf {index}.");
    }
}
