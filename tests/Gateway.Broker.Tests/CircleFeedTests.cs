using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class CircleFeedTests
{
    [Fact]
    public async Task Who_joins_is_shown_older_records_only_in_a_second_reading_with_keys_it_was_granted()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy => policy.ReadingRoles.Add(MemberRole.Customs));
        CircleKey first = network.Circle;
        Receipt zero = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        await network.NextEpochAsync();
        Receipt one = await network.PublishOneAsync(network.Second, network.Seal(network.Second));
        await network.JoinAsync(network.Outsider, first);
        Receipt two = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        ulong size = network.Broker.Core.Signal.Size;

        // As the log grew: what came with its keys, and nothing that came before.
        FeedLeaf[] live = await LeavesAsync(network, network.Outsider);
        Assert.True(live[zero.Index].Entry.IsEmpty);
        Assert.True(live[one.Index].Entry.IsEmpty);
        Assert.False(live[two.Index].Item.IsEmpty);

        // Read again: epoch 0 was granted, epoch 1 was not.
        FeedLeaf[] again = await LeavesAsync(network, network.Outsider, stateSize: size);
        Assert.Equal(zero.Entry, again[zero.Index].Entry);
        Assert.False(again[zero.Index].Item.IsEmpty);
        Assert.True(again[one.Index].Entry.IsEmpty);
        Assert.True(again[one.Index].Item.IsEmpty);
        Assert.False(again[two.Index].Item.IsEmpty);

        await network.Broker.RestartAsync();
        Assert.Equal(again.Select(leaf => leaf.Item), (await LeavesAsync(network, network.Outsider, stateSize: size)).Select(leaf => leaf.Item));
    }

    [Fact]
    public async Task Who_is_removed_is_shown_nothing_that_comes_after_and_others_everything()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy => policy.ReadingRoles.Add(MemberRole.Customs));
        await network.JoinAsync(network.Outsider, network.Circle);
        CircleKey held = network.Circle;
        SealedRecord sealedBefore = network.Seal(network.Steward);
        Receipt before = await network.PublishOneAsync(network.Steward, sealedBefore);
        await network.RemoveAsync(network.Outsider);
        Receipt after = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        using RecordKeys keys = network.Steward.Keys.ForRecord(sealedBefore.Salt);
        Receipt withdrawn = (await network.Exchange(network.Steward).WithdrawAsync(new WithdrawRequest
        {
            RecordId = sealedBefore.Submission.RecordId,
            Reason = WithdrawalReason.Mistake,
            Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.WithdrawMessage(sealedBefore.Id, WithdrawalReason.Mistake, null))),
        })).Receipt;

        foreach (ulong stateSize in new[] { 0UL, network.Broker.Core.Signal.Size })
        {
            FeedLeaf[] gone = await LeavesAsync(network, network.Outsider, stateSize: stateSize);
            Assert.Equal(before.Entry, gone[before.Index].Entry);
            Assert.True(gone[after.Index].Entry.IsEmpty);
            Assert.True(gone[withdrawn.Index].Entry.IsEmpty); // Under the epoch it once held, and yet.
            Assert.True(held.RouteKey.Matches(withdrawn.Index, LeafData.RouteOf(gone[withdrawn.Index].LeafData.Span)));
        }

        FeedLeaf[] stays = await LeavesAsync(network, network.Second);
        Assert.False(stays[after.Index].Item.IsEmpty);
        Assert.False(stays[withdrawn.Index].Entry.IsEmpty);
    }

    [Fact]
    public async Task Who_has_left_a_circle_still_withdraws_what_it_contributed_and_learns_of_nothing_else()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy => policy.PublishingRoles.Add(MemberRole.Customs));
        await network.JoinAsync(network.Outsider, network.Circle);
        SealedRecord own = network.Seal(network.Outsider), other = network.Seal(network.Steward);
        await network.PublishOneAsync(network.Outsider, own);
        await network.PublishOneAsync(network.Steward, other);
        CircleKey held = network.Circle;
        await network.RemoveAsync(network.Outsider);
        Assert.Equal("NOT_IN_CIRCLE", (await network.RefusedAsync(network.Outsider, network.Outsider.Seal(network.Circle, network.NextMonth).Submission)).Code);

        using RecordKeys keys = network.Outsider.Keys.ForRecord(own.Salt);
        WithdrawRequest request = new()
        {
            RecordId = own.Submission.RecordId,
            Reason = WithdrawalReason.Mistake,
            Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.WithdrawMessage(own.Id, WithdrawalReason.Mistake, null))),
        };
        Receipt receipt = (await network.Exchange(network.Outsider).WithdrawAsync(request)).Receipt;
        Proofs.AssertProves(network, receipt, held);
        request.RecordId = other.Submission.RecordId;
        RpcException unknown = await Assert.ThrowsAsync<RpcException>(async () => await network.Exchange(network.Outsider).WithdrawAsync(request));
        Assert.Equal("RECORD_UNKNOWN", unknown.ToRefusal("broker").Code);
    }

    [Fact]
    public async Task Nobody_publishes_outside_the_days_of_the_policy()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy => policy.NotBeforeDay = UtcDay.Of(DateTimeOffset.UtcNow).Number + 3_000);
        Assert.Equal("CIRCLE_CLOSED", (await network.RefusedAsync(network.Steward, network.Seal(network.Steward).Submission)).Code);
    }

    [Fact]
    public async Task A_policy_that_two_operators_change_holds_from_its_entry_on_for_stewardship_and_reading()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Receipt before = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        CirclePolicy policy = network.Broker.Core.View.Current.Circles[network.Circle.Circle].Policy.Clone();
        policy.StewardId = network.Outsider.Id.ToByteString();
        RpcException outside = await Assert.ThrowsAsync<RpcException>(() => network.Broker.DecideAsync(new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } }));
        Assert.Equal("policy.steward_id", outside.ToRefusal("broker").Which);

        policy.StewardId = network.Second.Id.ToByteString();
        policy.ReadingRoles.Clear();
        policy.ReadingRoles.Add(MemberRole.Customs);
        await network.Broker.DecideAsync(new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } });
        using CircleKey next = CircleKey.Create(network.Circle.Circle, 1, Gateway.Cryptography.RandomSource.System);
        RpcException former = await Assert.ThrowsAsync<RpcException>(async () => await new MembershipService.MembershipServiceClient(network.Steward.Connect(network.Broker))
            .ProposeEpochAsync(TestNetwork.Propose(network.Broker, next, network.Steward, [], [network.Steward, network.Second])));
        Assert.Equal("STEWARD_ONLY", former.ToRefusal("broker").Code);
        await TestNetwork.BeginEpochAsync(network.Broker, next, network.Second, network.Steward, [], [network.Steward, network.Second]);

        Receipt after = await network.PublishOneAsync(network.Steward, network.Steward.Seal(next, network.NextMonth));
        FeedLeaf[] leaves = await LeavesAsync(network, network.Second);
        Assert.False(leaves[before.Index].Item.IsEmpty);
        Assert.False(leaves[after.Index].Entry.IsEmpty);
        Assert.True(leaves[after.Index].Item.IsEmpty);
    }

    private static async Task<FeedLeaf[]> LeavesAsync(TestNetwork network, TestMember reader, ulong stateSize = 0) =>
        [.. (await network.ReadFeedAsync(reader, stateSize: stateSize)).SelectMany(message => message.Leaves)];
}
