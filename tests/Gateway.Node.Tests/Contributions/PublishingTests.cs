using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Tests.Contributions;

public sealed class PublishingTests
{
    [Fact]
    public async Task A_case_is_taken_sealed_acknowledged_logged_by_the_feed_and_closed_when_that_is_accepted()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        Assert.Equal(ContributionState.Queued, (await node.AddAsync(TestOutbox.Case("case-1"))).State);
        Assert.True(await node.SealAsync());
        Assert.True(await node.PublishAsync());
        Assert.Equal(OutboxState.Acknowledged, (await node.RowAsync("case-1")).State);
        await node.FollowAsync();
        Assert.Equal(OutboxState.Logged, (await node.RowAsync("case-1")).State);
        Assert.NotNull((await node.RowAsync("case-1")).Submission);
        Assert.Equal(0, await node.Core.Store.Neutrality.CloseOutboxAsync(node.Source.Size - 1, 10, CancellationToken.None));
        Assert.Equal(1, await node.Core.Store.Neutrality.CloseOutboxAsync(node.Source.Size, 10, CancellationToken.None));
        OutboxRow row = await node.RowAsync("case-1");
        Assert.Equal(OutboxState.Closed, row.State);
        Assert.Null(row.Draft);
        Assert.Null(row.Submission);
        Assert.NotNull(row.Receipt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receipt_out_of_another_tree_than_the_log_is_found_out_as_soon_as_the_log_has_grown_to_it(bool ofWithdrawal)
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        if (ofWithdrawal) await PublishOneAsync(node);
        int other = (int)node.Source.Size;
        node.Source.Publish(node.Source.Seal());
        if (ofWithdrawal)
        {
            await node.Outbox.WithdrawAsync((await node.RowAsync("case-1")).RecordId!.Value, WithdrawalReason.Mistake, CancellationToken.None);
            Assert.True(await node.WithdrawAsync());
        }
        else
        {
            await node.AddAsync(TestOutbox.Case("case-1"));
            await node.SealAsync();
            Assert.True(await node.PublishAsync());
        }

        // The receipt holds in itself; but the log that the broker shows has somebody else's leaf under another salt.
        byte[] salt = new byte[LeafData.SaltSize];
        node.Source[other] = node.Source[other] with { Salt = salt, Data = LeafData.Of((ulong)other, node.Source.Circle.RouteKey, salt, node.Source[other].Entry) };
        Assert.False(node.Forks.IsOpen);
        await node.FollowAsync();
        await node.Forks.CompareRememberedAsync(CancellationToken.None);
        Assert.True(node.Forks.IsOpen);
    }

    [Fact]
    public async Task The_same_reference_again_is_the_same_contribution()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await PublishOneAsync(node);
        ContributionOutcome again = await node.AddAsync(TestOutbox.Case("case-1"));
        Assert.True(again.AlreadyKnown);
        Assert.Equal(ContributionState.Published, again.State);
        Assert.False(await node.SealAsync());
        Assert.Single(node.Wire.Submissions);
    }

    [Fact]
    public async Task A_reference_with_other_content_is_refused()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await PublishOneAsync(node);
        ContributionOutcome other = await node.AddAsync(TestOutbox.Case("case-1", email: "else@bad-shoes.example"));
        Assert.Equal((ContributionState.Refused, "REFERENCE_TAKEN"), (other.State, other.Error.Code));
    }

    [Fact]
    public async Task A_draft_that_is_replaced_while_it_is_sealed_is_not_published_in_its_old_form()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        OutboxRow old = await node.RowAsync("case-1");
        await node.AddAsync(TestOutbox.Case("case-1", email: "else@bad-shoes.example"));
        SealedRecord record = node.Source.Seal();
        OutboxRow now = (await node.Core.Store.AdvanceOutboxAsync([old with { State = OutboxState.Sealed, RecordId = record.Id, Submission = record.Submission.ToByteArray() }], CancellationToken.None))[0];
        Assert.Equal(OutboxState.Draft, now.State);
        Assert.NotEqual(old.ContentHash, (await node.RowAsync("case-1")).ContentHash);
    }

    [Fact]
    public async Task A_receipt_that_comes_after_the_feed_does_not_open_the_row_again()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        OutboxRow row = await node.RowAsync("case-1");
        Task<OutboxRow> told = node.Outbox.WaitAsync(row, CancellationToken.None);
        node.Wire.Published = _ => node.FollowAsync().GetAwaiter().GetResult(); // The feed is quicker than the answer.
        await node.PublishAsync();
        OutboxRow after = await node.RowAsync("case-1");
        Assert.Equal(OutboxState.Logged, after.State);
        Assert.NotNull(after.Receipt);
        Assert.Equal(row.Id, (await told).Id);
    }

    [Fact]
    public async Task Who_waits_is_told_by_the_feed_where_the_answer_was_lost()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        Task<OutboxRow> told = node.Outbox.WaitAsync(await node.RowAsync("case-1"), CancellationToken.None);
        node.Wire.Published = _ => throw new RpcException(new Status(StatusCode.Unavailable, "cut"));
        await Assert.ThrowsAsync<RpcException>(node.PublishAsync);
        await node.FollowAsync();
        Assert.False(await node.PublishAsync());
        Assert.Equal(OutboxState.Logged, (await told).State);
    }

    [Theory]
    [InlineData("index")]
    [InlineData("entry")]
    [InlineData("salt")]
    [InlineData("checkpoint")]
    [InlineData("proof")]
    [InlineData("unreadable")]
    public async Task A_receipt_that_does_not_hold_acknowledges_nothing(string part)
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        node.Wire.Published = outcome => Tamper(outcome.Receipt, part);
        ReceiptRefusedException fault = await Assert.ThrowsAsync<ReceiptRefusedException>(node.PublishAsync);
        Assert.Equal("RECEIPT_INVALID", fault.Refusal.Code);
        Assert.NotEmpty(fault.Evidence);
        Assert.Equal(OutboxState.Sealed, (await node.RowAsync("case-1")).State);

        node.Wire.Published = _ => { };
        await node.PublishAsync();
        Assert.Equal(OutboxState.Acknowledged, (await node.RowAsync("case-1")).State);
        Assert.Equal(1, node.Source.Count(entry => entry.RecordPublished is not null));
    }

    [Fact]
    public async Task A_record_whose_receipt_does_not_hold_does_not_keep_the_others_from_being_acknowledged()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        for (int i = 0; i < 8; i++) await node.AddAsync(TestOutbox.Case($"case-{i}"));
        await node.SealAsync();
        RecordId refused = (await node.RowAsync("case-3")).RecordId!.Value;
        node.Wire.Published = outcome =>
        {
            if (RecordId.FromBytes(outcome.RecordId.Span) == refused) Tamper(outcome.Receipt, "salt");
        };
        await Assert.ThrowsAsync<ReceiptRefusedException>(node.PublishAsync);
        for (int i = 0; i < 8; i++) Assert.Equal(i == 3 ? OutboxState.Sealed : OutboxState.Acknowledged, (await node.RowAsync($"case-{i}")).State);
    }

    [Fact]
    public async Task A_record_beyond_the_quota_waits_and_the_others_are_acknowledged()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        for (int i = 0; i < 4; i++) await node.AddAsync(TestOutbox.Case($"case-{i}"));
        await node.SealAsync();
        RecordId beyond = (await node.RowAsync("case-2")).RecordId!.Value;
        node.Wire.Publishing = submission => RecordId.FromBytes(submission.RecordId.Span) == beyond ? Refused(submission, Refusal.Exhausted("QUOTA_RECORDS", "No more today.", "quota", "Tomorrow.")) : null;
        await Assert.ThrowsAsync<RefusalException>(node.PublishAsync);
        for (int i = 0; i < 4; i++) Assert.Equal(i == 2 ? OutboxState.Sealed : OutboxState.Acknowledged, (await node.RowAsync($"case-{i}")).State);
    }

    [Fact]
    public async Task An_answer_that_is_neither_receipt_nor_refusal_refuses_nothing()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        node.Wire.Publishing = submission => new PublishOutcome { RecordId = submission.RecordId };
        await Assert.ThrowsAsync<RefusalException>(node.PublishAsync);
        Assert.Equal(OutboxState.Sealed, (await node.RowAsync("case-1")).State);
    }

    [Fact]
    public async Task A_refusal_for_good_ends_the_case_and_a_later_one_may_take_its_reference()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        node.Wire.Publishing = submission => Refused(submission, Refusal.Invalid("ITEM_TOO_LARGE", "Too large.", "item", "Split it."));
        await node.PublishAsync();
        OutboxRow row = await node.RowAsync("case-1");
        Assert.Equal(OutboxState.Refused, row.State);
        Assert.Null(row.Draft);
        Assert.Equal("ITEM_TOO_LARGE", Outbox.Describe(row).Error.Code);
        Assert.Equal(ContributionState.Queued, (await node.AddAsync(TestOutbox.Case("case-1", name: "Other Name GmbH"))).State);
    }

    [Fact]
    public async Task A_record_refused_for_its_epoch_is_sealed_again_once_this_node_has_read_a_newer_one()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        RecordId first = (await node.RowAsync("case-1")).RecordId!.Value;
        node.Wire.Publishing = submission => submission.Epoch == 0 ? Refused(submission, Refusal.Precondition("EPOCH_STALE", "Epoch 1 has begun.", "record", "Follow the log.")) : null;
        await node.PublishAsync();
        OutboxRow row = await node.RowAsync("case-1");
        Assert.Equal((OutboxState.Draft, null), (row.State, row.RecordId));
        Assert.False(await node.SealAsync());
        Assert.False(await node.PublishAsync());
        Assert.Single(node.Wire.Submissions);

        CircleKey before = node.Source.Circle;
        node.Source.Circle = node.Source.AddEpoch(before.Circle, 1, node.Source.Steward, node.Source.Second);
        await node.FollowAsync();
        Assert.True(await node.SealAsync());
        Assert.NotEqual(first, (await node.RowAsync("case-1")).RecordId);
        await node.PublishAsync();
        await node.FollowAsync();
        Assert.Equal(OutboxState.Logged, (await node.RowAsync("case-1")).State);
        Assert.Equal(2, node.Wire.Submissions.Count);
    }

    [Fact]
    public async Task A_record_key_that_was_used_before_is_cured_by_sealing_again()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        node.Wire.Publishing = submission => Refused(submission, Refusal.Precondition("RECORD_KEY_REUSED", "Used before.", "record", "Seal again."));
        await node.PublishAsync();
        node.Wire.Publishing = _ => null;
        Assert.True(await node.SealAsync());
        await node.PublishAsync();
        Assert.Equal(OutboxState.Acknowledged, (await node.RowAsync("case-1")).State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_stop_at_any_point_ends_with_the_record_once_in_the_log(int stop)
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1"));
        if (stop == 0) await node.RestartAsync();
        await FailAsync(node, stop == 1, node.SealAsync); // Sealed, and not stored.
        await node.SealAsync();
        if (stop == 2) await node.RestartAsync();
        await FailAsync(node, stop == 3, node.PublishAsync); // Published, and the receipt not stored.
        await node.PublishAsync();
        if (stop == 4) await node.RestartAsync();
        await node.PublishAsync();
        await node.FollowAsync();
        Assert.Equal(OutboxState.Logged, (await node.RowAsync("case-1")).State);
        Assert.Equal(1, node.Source.Count(entry => entry.RecordPublished is not null));
    }

    [Fact]
    public async Task A_draft_that_waits_says_nothing_to_who_has_the_disk()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        await node.AddAsync(TestOutbox.Case("case-1", "secret-person@bad-shoes.example", "Verysecret Trading GmbH"));
        foreach (string file in Directory.GetFiles(node.Core.Folder))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.Equal(-1, bytes.AsSpan().IndexOf("secret-person"u8));
            Assert.Equal(-1, bytes.AsSpan().IndexOf("Verysecret"u8));
        }

        Assert.Contains(Directory.GetFiles(node.Core.Folder), file => new FileInfo(file).Length > 0);
        Assert.NotNull((await node.RowAsync("case-1")).Draft);
    }

    [Fact]
    public async Task A_bulk_upload_is_spread_over_the_circles_release_window()
    {
        await using TestOutbox node = await TestOutbox.StartAsync(policy => policy.ReleaseWindowSeconds = 1_000);
        for (int i = 0; i < 40; i++) await node.AddAsync(TestOutbox.Case($"case-{i}"));
        List<int> sealedAfter = [];
        for (int step = 0; step < 10; step++)
        {
            sealedAfter.Add(await CountAsync(node));
            node.Core.Time.Advance(TimeSpan.FromSeconds(100));
            await node.SealAsync();
        }

        Assert.Equal(40, await CountAsync(node));
        Assert.Equal(0, sealedAfter[0]);
        Assert.InRange(sealedAfter[5], 5, 35); // Half of the window: 20 expected; outside with 1 in 10^6.
        Assert.True(sealedAfter.Distinct().Count() >= 4);
    }

    [Fact]
    public async Task Without_a_release_window_all_is_sealed_at_once()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        for (int i = 0; i < 5; i++) await node.AddAsync(TestOutbox.Case($"case-{i}"));
        await node.SealAsync();
        Assert.Equal(5, await CountAsync(node));
    }

    private static async Task PublishOneAsync(TestOutbox node)
    {
        await node.AddAsync(TestOutbox.Case("case-1"));
        await node.SealAsync();
        await node.PublishAsync();
        await node.FollowAsync();
    }

    private static async Task FailAsync(TestOutbox node, bool fails, Func<Task> step)
    {
        if (!fails) return;
        node.Core.Refuses = name => name == nameof(INodeStore.AdvanceOutboxAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(step);
        node.Core.Refuses = _ => false;
        await node.RestartAsync();
    }

    private static async Task<int> CountAsync(TestOutbox node) => (int)(await node.Core.Store.CountOutboxAsync(CancellationToken.None)).GetValueOrDefault(OutboxState.Sealed);

    private static PublishOutcome Refused(Submission submission, Refusal refusal) => new() { RecordId = submission.RecordId, Refusal = refusal.ToDetail() };

    private static void Tamper(Receipt receipt, string part)
    {
        switch (part)
        {
            case "index": receipt.Index++; break;
            case "entry": receipt.Entry = new Entry { Day = new Day { Day_ = 1 } }.ToByteString(); break;
            case "salt": receipt.Salt = ByteString.CopyFrom(new byte[16]); break;
            case "checkpoint": receipt.Checkpoint = ByteString.CopyFrom([.. receipt.Checkpoint.Span[..^5], .. "AAAA\n"u8]); break;
            case "proof": receipt.InclusionProof[0] = ByteString.CopyFrom(new byte[32]); break;
            default: receipt.Entry = ByteString.CopyFrom(0xff, 0xff); break;
        }
    }
}
