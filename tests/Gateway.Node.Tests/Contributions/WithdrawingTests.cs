using Gateway.Node.Contributions;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Contributions;

public sealed class WithdrawingTests
{
    [Fact]
    public async Task A_withdrawal_taken_before_its_publication_is_finished_follows_it()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId id = await SealAsync(node, "case-1");
        await node.Outbox.WithdrawAsync(id, WithdrawalReason.Mistake, CancellationToken.None);
        Assert.False(await node.WithdrawAsync());
        Assert.Null((await node.Core.Store.FindWithdrawalAsync(id, CancellationToken.None))!.Refusal);
        await node.PublishAsync();
        Assert.True(await node.WithdrawAsync());
        await node.FollowAsync();
        Assert.Equal(OutboxState.Withdrawn, (await node.RowAsync("case-1")).State);
        Assert.Equal(1, node.Source.Count(entry => entry.RecordWithdrawn is not null));
        Assert.Empty(await node.Core.AlarmsAsync());
    }

    [Fact]
    public async Task A_case_withdrawn_before_the_broker_refused_its_epoch_is_not_sealed_again()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId id = await SealAsync(node, "case-1");
        await node.Outbox.WithdrawAsync(id, WithdrawalReason.Mistake, CancellationToken.None);
        node.Wire.Publishing = submission => new PublishOutcome { RecordId = submission.RecordId, Refusal = Refusal.Precondition("EPOCH_STALE", "Epoch 1 has begun.", "record", "Follow the log.").ToDetail() };
        await node.PublishAsync();
        Assert.Equal(OutboxState.Withdrawn, (await node.RowAsync("case-1")).State);
        Assert.True(await node.WithdrawAsync());
        Assert.NotNull((await node.Core.Store.FindWithdrawalAsync(id, CancellationToken.None))!.Refusal);
        Assert.Equal(0, node.Source.Count(entry => entry.RecordPublished is not null));
    }

    [Fact]
    public async Task Only_a_record_of_ones_own_is_withdrawn_and_with_a_reason()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId id = await SealAsync(node, "case-1");
        RefusalException foreign = await Assert.ThrowsAsync<RefusalException>(() => node.Outbox.WithdrawAsync(node.Source.Seal().Id, WithdrawalReason.Mistake, CancellationToken.None));
        RefusalException reasonless = await Assert.ThrowsAsync<RefusalException>(() => node.Outbox.WithdrawAsync(id, WithdrawalReason.Unspecified, CancellationToken.None));
        Assert.Equal(("RECORD_NOT_OWN", "REASON_INVALID"), (foreign.Refusal.Code, reasonless.Refusal.Code));
    }

    [Theory]
    [InlineData("epoch")]
    [InlineData("unreadable")]
    [InlineData("salt")]
    public async Task A_receipt_that_does_not_hold_leaves_the_withdrawal_open_and_the_others_go_on(string part)
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId first = await SealAsync(node, "case-1"), second = await SealAsync(node, "case-2");
        await node.PublishAsync();
        await node.FollowAsync();
        await node.Outbox.WithdrawAsync(first, WithdrawalReason.Mistake, CancellationToken.None);
        await node.Outbox.WithdrawAsync(second, WithdrawalReason.Obsolete, CancellationToken.None);
        bool tampered = false;
        node.Wire.Withdrawn = receipt =>
        {
            if (tampered) return;
            tampered = true;
            if (part == "salt")
            {
                receipt.Salt = ByteString.CopyFrom(new byte[16]);
                return;
            }

            if (part == "unreadable")
            {
                receipt.Entry = ByteString.CopyFrom(0xff, 0xff);
                return;
            }

            Entry entry = Entry.Parser.ParseFrom(receipt.Entry);
            entry.RecordWithdrawn.Epoch = 99; // One whose key nobody here has to check the route with.
            receipt.Entry = entry.ToByteString();
        };
        await Assert.ThrowsAsync<ReceiptRefusedException>(node.WithdrawAsync);
        Assert.Null((await node.Core.Store.FindWithdrawalAsync(first, CancellationToken.None))!.Receipt);
        Assert.NotNull((await node.Core.Store.FindWithdrawalAsync(second, CancellationToken.None))!.Receipt);
        Assert.True(await node.WithdrawAsync());
        Assert.NotNull((await node.Core.Store.FindWithdrawalAsync(first, CancellationToken.None))!.Receipt);
    }

    [Fact]
    public async Task A_withdrawal_that_a_dispute_came_before_is_answered_by_the_end_that_the_dispute_made()
    {
        await using TestOutbox node = await TestOutbox.StartAsync();
        RecordId id = await SealAsync(node, "case-1");
        await node.PublishAsync();
        await node.FollowAsync();
        CircleKey circle = node.Source.Circle;
        node.Source.Add(
            new Entry { RecordWithdrawn = new RecordWithdrawn { RecordId = id.ToByteString(), CircleId = circle.Circle.ToByteString(), Epoch = circle.Epoch, Reason = WithdrawalReason.DisputeUpheld } }, circle.RouteKey);
        await node.Outbox.WithdrawAsync(id, WithdrawalReason.Mistake, CancellationToken.None);
        Assert.True(await node.WithdrawAsync());
        Assert.NotNull((await node.Core.Store.FindWithdrawalAsync(id, CancellationToken.None))!.Receipt);
    }

    private static async Task<RecordId> SealAsync(TestOutbox node, string reference)
    {
        await node.AddAsync(TestOutbox.Case(reference));
        await node.SealAsync();
        return (await node.RowAsync(reference)).RecordId!.Value;
    }
}
