using FsCheck;
using FsCheck.Fluent;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Feed;

public sealed class NodeLogTests
{
    private readonly ManualTime _time = ManualTime.Now();
    private readonly TestLog _log;

    public NodeLogTests() => _log = new TestLog(UtcDay.Of(_time.GetUtcNow()));

    [Fact]
    public async Task Nothing_of_a_batch_is_applied_where_the_store_fails_and_the_same_batch_succeeds_later()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        _log.Publish(record);
        node.Refuses = name => name == nameof(INodeStore.ApplyAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.FollowAsync());
        Assert.Equal(0UL, node.Log.View.Size);
        Assert.Equal(0UL, node.Tree.Size);
        Assert.Null(await node.Store.ReadHeadAsync(CancellationToken.None));

        node.Refuses = _ => false;
        await node.FollowAsync();
        Assert.Equal(_log.Size, node.Log.View.Size);
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_taken_over_and_the_log_goes_on_behind_it()
    {
        LostAnswers? lost = null;
        await using TestCore node = await TestCore.StartAsync(_log, time: _time, through: store =>
        {
            (INodeStore wrapped, lost) = LostAnswers.Around(store);
            return wrapped;
        });
        await node.FollowAsync();
        SealedRecord[] records = [_log.Seal(), _log.Seal()];
        _log.Publish(records[0]);
        ulong before = node.Log.View.Size;
        lost!.LosesNext = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.FollowAsync());
        Assert.Equal(before, node.Log.View.Size);

        await node.Log.CatchUpAsync(CancellationToken.None);
        Assert.Equal(_log.Size, node.Log.View.Size);
        _log.Publish(records[1]);
        await node.FollowAsync();
        foreach (SealedRecord record in records) Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        Assert.Equal(_log.RootAt(_log.Size), node.Log.View.Root);
    }

    [Fact]
    public async Task A_restart_finds_the_same_view_the_same_keys_and_the_same_records()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        _log.Publish(record);
        await node.FollowAsync();
        NodeView before = node.Log.View;
        await node.RestartAsync();
        Assert.Equal(before.Size, node.Log.View.Size);
        Assert.Equal(before.Root, node.Log.View.Root);
        Assert.Equal(before.State.Members.Keys.Order(), node.Log.View.State.Members.Keys.Order());
        Assert.True(_log.Circle.Commitment.Span.SequenceEqual(Assert.Single(node.Log.View.Keyring.Keys).Commitment.Span));
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        _log.Publish(_log.Seal());
        await node.FollowAsync();
        Assert.Equal(_log.RootAt(_log.Size), node.Log.View.Root);
    }

    [Fact]
    public async Task A_batch_that_does_not_hold_leaves_the_node_as_it_was()
    {
        await using TestCore node = await StartAsync();
        await node.FollowAsync();
        NodeView before = node.Log.View;
        _log.Publish(_log.Seal());
        FeedBatch batch = _log.Batch(node.Party, before.Size);
        batch.Leaves[0].Item = ByteString.Empty;
        await Assert.ThrowsAsync<FeedFaultException>(() => node.Log.ApplyAsync(batch, CancellationToken.None));
        Assert.Same(before, node.Log.View);
        await node.FollowAsync();
        Assert.Equal(_log.Size, node.Log.View.Size);
    }

    [Fact]
    public async Task A_forged_withdrawal_leaves_the_record_live_and_raises_an_alarm()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        _log.Publish(record);
        _log.Withdraw(record, new byte[64]);
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        Assert.Equal("WITHDRAWAL_FORGED", Assert.Single(await node.AlarmsAsync()).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_withdrawal_removes_the_record_in_its_own_batch_and_in_a_later_one(bool together)
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        _log.Publish(record);
        if (!together) await node.FollowAsync();
        _log.Withdraw(record);
        await node.FollowAsync();
        NodeRecord? held = await node.Store.FindRecordAsync(record.Id, CancellationToken.None);
        Assert.Equal(NodeRecordState.Withdrawn, held!.State);
        Assert.Null(held.Item);
        Assert.Empty(held.Tags);
        Assert.Empty(await node.AlarmsAsync());
    }

    [Fact]
    public async Task A_promised_withdrawal_that_comes_is_believed()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        int index = (int)_log.Publish(record);
        _log[index] = _log[index] with { Item = ByteString.Empty, WithdrawnAt = _log.Size };
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.AwaitingWithdrawal, await node.StateOfAsync(record));
        await node.RestartAsync();
        _log.Withdraw(record);
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Withdrawn, await node.StateOfAsync(record));
        Assert.Empty(await node.AlarmsAsync());
    }

    [Fact]
    public async Task A_promised_withdrawal_that_does_not_come_raises_one_alarm()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        int index = (int)_log.Publish(record);
        _log[index] = _log[index] with { Item = ByteString.Empty, WithdrawnAt = _log.Size };
        await node.FollowAsync();
        for (int i = 0; i < 3; i++)
        {
            _log.Publish(_log.Seal());
            await node.FollowAsync();
        }

        await node.RestartAsync();
        _log.Publish(_log.Seal());
        await node.FollowAsync();
        Assert.Equal("WITHDRAWAL_MISSING", Assert.Single(await node.AlarmsAsync()).Code);
        Assert.Equal(NodeRecordState.Quarantined, await node.StateOfAsync(record));
    }

    [Fact]
    public async Task A_withdrawal_promised_for_a_far_index_is_missing_two_days_later()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        int index = (int)_log.Publish(record);
        _log[index] = _log[index] with { Item = ByteString.Empty, WithdrawnAt = 1_000_000_000 };
        await node.FollowAsync();
        _log.AddDay(_log.Day.AddDays(1));
        _time.Advance(TimeSpan.FromDays(2));
        await node.FollowAsync();
        Assert.Empty(await node.AlarmsAsync());
        _log.AddDay(_log.Day.AddDays(2));
        await node.FollowAsync();
        Assert.Equal("WITHDRAWAL_MISSING", Assert.Single(await node.AlarmsAsync()).Code);
    }

    [Fact]
    public async Task A_record_id_or_key_that_comes_again_is_not_believed()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal();
        _log.Publish(record);
        await node.FollowAsync();
        _log.Publish(record);
        RecordPublished sameKey = TestLog.EntryOf(_log.Second, _log.Seal());
        sameKey.RecordPk = record.Submission.RecordPk;
        _log.Add(new Entry { RecordPublished = sameKey }, _log.Circle.RouteKey, record.Submission.Item);
        await node.FollowAsync();
        Assert.Equal(["RECORD_REPEATED", "RECORD_REPEATED"], (await node.AlarmsAsync()).Select(alarm => alarm.Code));
        Assert.Equal(1, await CountAsync(node, NodeRecordState.Live));
        Assert.Equal(_log.Size, node.Log.View.Size);
    }

    [Fact]
    public async Task A_record_that_fails_a_check_is_quarantined_and_the_feed_goes_on()
    {
        await using TestCore node = await StartAsync();
        SealedRecord poisoned = _log.Seal(), sound = _log.Seal();
        RecordPublished entry = TestLog.EntryOf(_log.Second, poisoned);
        entry.ExpiryDay++;
        _log.Add(new Entry { RecordPublished = entry }, _log.Circle.RouteKey, poisoned.Submission.Item);
        _log.Publish(sound);
        await node.FollowAsync();
        NodeRecord? held = await node.Store.FindRecordAsync(poisoned.Id, CancellationToken.None);
        Assert.Equal((NodeRecordState.Quarantined, nameof(RecordCheck.Signature)), (held!.State, held.Fault));
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(sound));
        Assert.Equal("RECORD_QUARANTINED", Assert.Single(await node.AlarmsAsync()).Code);
    }

    [Fact]
    public async Task A_day_of_the_log_ends_the_records_that_expired_before_it()
    {
        await using TestCore node = await StartAsync();
        SealedRecord today = _log.Seal(_log.Day), later = _log.Seal(_log.Day.AddDays(1));
        _log.Publish(today);
        _log.Publish(later);
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(today));
        _log.AddDay(_log.Day.AddDays(1));
        await node.FollowAsync();
        NodeRecord? ended = await node.Store.FindRecordAsync(today.Id, CancellationToken.None);
        Assert.Equal(NodeRecordState.Expired, ended!.State);
        Assert.Null(ended.Item);
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(later));
    }

    [Fact]
    public async Task A_day_far_ahead_of_this_nodes_clock_ends_no_record()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal(_log.Day.AddDays(30));
        _log.Publish(record);
        await node.FollowAsync();
        _log.AddDay(_log.Day.AddDays(1_000));
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Live, await node.StateOfAsync(record));
        Assert.NotNull((await node.Store.FindRecordAsync(record.Id, CancellationToken.None))!.Item);
    }

    [Fact]
    public async Task A_record_that_has_expired_when_it_arrives_is_counted_and_never_indexed()
    {
        await using TestCore node = await StartAsync();
        SealedRecord record = _log.Seal(_log.Day);
        _log.Publish(record);
        _log.AddDay(_log.Day.AddDays(1));
        await node.FollowAsync();
        Assert.Equal(NodeRecordState.Expired, await node.StateOfAsync(record));
    }

    [Fact]
    public async Task A_record_of_ones_own_that_was_withdrawn_while_the_node_was_away_is_withdrawn_in_the_outbox()
    {
        await using TestCore node = await TestCore.StartAsync(_log, _log.Second, _time);
        SealedRecord record = _log.Seal();
        OutboxRow row = (await node.Store.AddDraftsAsync([new OutboxRow { Circle = _log.Circle.Circle, Reference = "case-1", ContentHash = new byte[32], State = OutboxState.Draft, CreatedAt = _time.GetUtcNow() }], CancellationToken.None))[0];
        row = (await node.Store.AdvanceOutboxAsync([row with { State = OutboxState.Sealed, RecordId = record.Id, RecordSalt = record.Salt, Submission = record.Submission.ToByteArray() }], CancellationToken.None))[0];
        node.Own.Add(record.Id);
        _log.Publish(record);
        _log.Withdraw(record);
        await node.FollowAsync();
        Assert.Equal(OutboxState.Withdrawn, (await node.Store.ReadOutboxRowAsync(row.Id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task However_the_feed_is_cut_the_node_ends_with_the_same_records_hits_and_root()
    {
        byte[] evaluation = new byte[64];
        List<SealedRecord> records = [];
        for (int i = 0; i < 12; i++)
        {
            SealedRecord record = _log.Seal(i % 4 == 0 ? _log.Day : null, null, new SealIdentifier(1, evaluation, OpensRecord: true));
            records.Add(record);
            _log.Publish(record);
            if (i % 3 == 0) _log.Withdraw(records[i / 2]);
        }

        CircleKey before = _log.Circle;
        _log.Circle = _log.AddEpoch(before.Circle, 1, _log.Steward, _log.Second);
        _log.Publish(_log.Seal(null, null, new SealIdentifier(1, evaluation, OpensRecord: true)));
        _log.AddDay(_log.Day.AddDays(1));
        string whole = await EndAsync([_log.Size], evaluation, learnAt: _log.Size);
        Gen<(ulong[] Cuts, ulong Learn)> cuttings =
            from cuts in Gen.SubListOf(Enumerable.Range(1, (int)_log.Size - 1).Select(cut => (ulong)cut))
            from learn in Gen.Choose(0, (int)_log.Size)
            select (cuts.Append(_log.Size).Order().ToArray(), (ulong)learn);
        Prop.ForAll(Arb.From(cuttings), cutting => Assert.Equal(whole, EndAsync(cutting.Cuts, evaluation, cutting.Learn).GetAwaiter().GetResult()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(15).WithQuietOnSuccess(true));
    }

    private async Task<string> EndAsync(ulong[] cuts, byte[] evaluation, ulong learnAt)
    {
        await using TestCore node = await StartAsync();
        bool learned = false;
        foreach (ulong cut in cuts)
        {
            if (!learned && node.Log.View.Size >= learnAt)
            {
                await node.LearnAsync(7, evaluation);
                learned = true;
            }

            await node.FollowAsync(cut);
        }

        if (!learned) await node.LearnAsync(7, evaluation);
        List<string> states = [];
        await foreach (NodeRecord record in node.Store.ListRecordsAsync(null, CancellationToken.None)) states.Add($"{record.Id}:{record.State}");
        HashSet<RecordId> hits = [];
        foreach (int number in node.Matcher.Known.HitsOf(7).ToArray()) hits.Add((await node.Store.ReadRecordAsync(number, CancellationToken.None))!.Id);
        return string.Join('\n', states.Order().Concat(hits.Select(id => id.ToString()).Order()).Append(Convert.ToHexString(node.Log.View.Root.ToArray())));
    }

    private Task<TestCore> StartAsync() => TestCore.StartAsync(_log, time: _time);

    private static async Task<long> CountAsync(TestCore node, NodeRecordState state) =>
        (await node.Store.CountRecordsAsync(CancellationToken.None)).Where(count => count.State == state).Sum(count => count.Count);
}
