using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class FeedTests
{
    [Fact]
    public async Task Who_is_outside_the_circle_gets_leaf_data_only_and_finds_the_same_root()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        for (int i = 0; i < 5; i++) await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));

        IReadOnlyList<FollowResponse> outside = await network.ReadFeedAsync(network.Outsider);
        IReadOnlyList<FollowResponse> inside = await network.ReadFeedAsync(network.Second);
        AssertRootsHold(network, outside);
        AssertRootsHold(network, inside);

        FeedLeaf[] outer = [.. outside.SelectMany(message => message.Leaves)], inner = [.. inside.SelectMany(message => message.Leaves)];
        Assert.Equal(inner.Select(leaf => leaf.LeafData), outer.Select(leaf => leaf.LeafData));
        Assert.All(outer, leaf => Assert.Equal(LeafData.IsNetworkWide(leaf.LeafData.Span), !leaf.Entry.IsEmpty));
        Assert.All(outer, leaf => Assert.True(leaf.Item.IsEmpty));
        Assert.Equal(5, outer.Count(leaf => leaf.Entry.IsEmpty));
        Assert.Equal(5, inner.Count(leaf => !leaf.Item.IsEmpty));
        Assert.All(inner, leaf => Assert.True(LeafData.CommitsTo(leaf.LeafData.Span, leaf.Salt.Span, leaf.Entry.Span)));
        for (int i = 0; i < inner.Length; i++)
        {
            Assert.Equal(!inner[i].Item.IsEmpty, network.Circle.RouteKey.Matches((ulong)i, LeafData.RouteOf(inner[i].LeafData.Span)));
        }

        NetworkState state = NetworkState.Empty;
        foreach (FeedLeaf leaf in outer.Where(leaf => !leaf.Entry.IsEmpty)) Assert.Null(state.TryApply(Entry.Parser.ParseFrom(leaf.Entry), leaf.Entry.Span, out state));
        Assert.Equal(network.Broker.GenesisHash, state.GenesisHash.ToArray());
        Assert.Equal(3, state.Members.Count);
    }

    [Fact]
    public async Task A_member_opens_what_another_published()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        Receipt receipt = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        FeedLeaf leaf = (await network.ReadFeedAsync(network.Second, receipt.Index)).Single().Leaves.Single();
        Assert.True(RecordOpener.TryUnwrap(network.Circle, Entry.Parser.ParseFrom(leaf.Entry).RecordPublished, leaf.Item.Span, out _, out RecordFault? fault), fault?.What);
    }

    [Fact]
    public async Task The_feed_goes_on_as_the_log_grows()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong end = network.Broker.Core.Signal.Size;
        using AsyncServerStreamingCall<FollowResponse> call = network.Exchange(network.Second).Follow(new FollowRequest { FromIndex = end });
        Task<bool> next = call.ResponseStream.MoveNext(CancellationToken.None);
        Assert.False(next.IsCompleted);
        SealedRecord record = network.Seal(network.Steward);
        await network.PublishOneAsync(network.Steward, record);

        Assert.True(await next);
        Assert.Equal(end, call.ResponseStream.Current.FirstIndex);
        Assert.Equal(record.Submission.Item, call.ResponseStream.Current.Leaves.Single().Item);
        Assert.Equal(end + 1, Proofs.Open(network, call.ResponseStream.Current.Checkpoint.Span).Size);
    }

    [Fact]
    public async Task However_many_wait_at_the_end_what_is_new_is_read_once()
    {
        const int Followers = 12, Records = 5;
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong end = network.Broker.Core.Signal.Size;
        List<AsyncServerStreamingCall<FollowResponse>> calls = [.. Enumerable.Range(0, Followers).Select(i => network.Exchange(i % 2 == 0 ? network.Second : network.Outsider).Follow(new FollowRequest { FromIndex = end }))];
        foreach (AsyncServerStreamingCall<FollowResponse> call in calls) await call.ResponseHeadersAsync;
        int before = network.Broker.Disk!.Readings;
        for (int i = 0; i < Records; i++)
        {
            SealedRecord record = network.Seal(network.Steward);
            await network.PublishOneAsync(network.Steward, record);
            for (int follower = 0; follower < Followers; follower++)
            {
                Assert.True(await calls[follower].ResponseStream.MoveNext(CancellationToken.None));
                FeedLeaf leaf = calls[follower].ResponseStream.Current.Leaves.Single();
                Assert.Equal(follower % 2 == 0 ? record.Submission.Item : ByteString.Empty, leaf.Item); // Read together, shown to each as the circle's rules say.
            }
        }

        Assert.Equal(Records, network.Broker.Disk.Readings - before);
        foreach (AsyncServerStreamingCall<FollowResponse> call in calls) call.Dispose();
    }

    [Fact]
    public async Task What_is_withdrawn_at_the_end_is_not_sent_again_from_what_was_read_before()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        Receipt receipt = await network.PublishOneAsync(network.Steward, record);
        Assert.False((await network.ReadFeedAsync(network.Second, receipt.Index))[0].Leaves[0].Item.IsEmpty);
        await network.Exchange(network.Steward).WithdrawAsync(Withdraw(network.Steward, record));
        FeedLeaf again = (await network.ReadFeedAsync(network.Second, receipt.Index))[0].Leaves[0];
        Assert.True(again.Item.IsEmpty);
        Assert.NotEqual(0UL, again.WithdrawnAt);
    }

    [Fact]
    public async Task Large_items_come_in_several_messages_of_one_batch()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong from = network.Broker.Core.Signal.Size;
        Submission[] submissions = [.. Enumerable.Range(0, 120).Select(_ => network.Steward.Seal(network.Circle, network.NextMonth, texts: 100).Submission)];
        foreach (Submission[] some in submissions.Chunk(60)) await network.PublishAsync(network.Steward, some);

        IReadOnlyList<FollowResponse> messages = await network.ReadFeedAsync(network.Second, from);
        Assert.True(messages.Count > 1);
        Assert.All(messages, message => Assert.InRange(message.CalculateSize(), 1, 1_000_000));
        Assert.Contains(messages, message => message.Checkpoint.IsEmpty);
        Assert.False(messages[^1].Checkpoint.IsEmpty);
        Assert.Equal(submissions.Select(submission => submission.Item.ToBase64()).Order(StringComparer.Ordinal), messages.SelectMany(message => message.Leaves).Select(leaf => leaf.Item.ToBase64()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Withdrawal_takes_the_item_out_of_the_feed_and_says_where()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        Receipt published = await network.PublishOneAsync(network.Steward, record);
        ExchangeService.ExchangeServiceClient exchange = network.Exchange(network.Steward);
        WithdrawRequest request = Withdraw(network.Steward, record);
        Receipt withdrawn = (await exchange.WithdrawAsync(request)).Receipt;
        Proofs.AssertProves(network, withdrawn);
        await network.PublishOneAsync(network.Second, network.Seal(network.Second));

        Assert.Equal(withdrawn, (await exchange.WithdrawAsync(request)).Receipt);
        await network.Broker.RestartAsync();
        Assert.Equal(withdrawn, (await network.Exchange(network.Steward).WithdrawAsync(request)).Receipt);
        FeedLeaf[] leaves = [.. (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves)];
        Assert.True(leaves[published.Index].Item.IsEmpty);
        Assert.Equal(withdrawn.Index, leaves[published.Index].WithdrawnAt);
        Assert.Equal(withdrawn.Entry, leaves[withdrawn.Index].Entry);
        Assert.Equal(record.Submission.RecordId, Entry.Parser.ParseFrom(leaves[withdrawn.Index].Entry).RecordWithdrawn.RecordId);

        // And never comes alive again.
        Assert.Equal(published, await network.PublishOneAsync(network.Steward, record));
        Assert.True((await network.ReadFeedAsync(network.Second, published.Index))[0].Leaves[0].Item.IsEmpty);
    }

    [Fact]
    public async Task Only_the_record_key_withdraws()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SealedRecord record = network.Seal(network.Steward);
        await network.PublishOneAsync(network.Steward, record);
        WithdrawRequest forged = Withdraw(network.Second, record);
        WithdrawRequest otherReason = Withdraw(network.Steward, record);
        otherReason.Reason = WithdrawalReason.Legal;
        WithdrawRequest unknown = Withdraw(network.Steward, network.Seal(network.Steward));

        await AssertRefusedAsync(network.Second, forged, StatusCode.PermissionDenied, "WITHDRAWAL_SIGNATURE");
        await AssertRefusedAsync(network.Steward, otherReason, StatusCode.PermissionDenied, "WITHDRAWAL_SIGNATURE");
        await AssertRefusedAsync(network.Steward, unknown, StatusCode.NotFound, "RECORD_UNKNOWN");
        await AssertRefusedAsync(network.Outsider, Withdraw(network.Steward, record), StatusCode.NotFound, "RECORD_UNKNOWN");

        async Task AssertRefusedAsync(TestMember member, WithdrawRequest request, StatusCode status, string code)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await network.Exchange(member).WithdrawAsync(request));
            Assert.Equal((status, code), (refused.StatusCode, refused.ToRefusal("broker").Code));
        }
    }

    [Fact]
    public async Task A_role_that_publishes_and_does_not_read_gets_all_entries_and_its_own_items()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(policy: policy =>
        {
            policy.ReadingRoles.Clear();
            policy.ReadingRoles.Add(MemberRole.Customs);
        });
        Receipt own = await network.PublishOneAsync(network.Second, network.Seal(network.Second));
        Receipt other = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        FeedLeaf[] leaves = [.. (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves)];
        Assert.Equal(own.Entry, leaves[own.Index].Entry);
        Assert.False(leaves[own.Index].Item.IsEmpty);
        Assert.Equal(other.Entry, leaves[other.Index].Entry);
        Assert.True(leaves[other.Index].Item.IsEmpty);
    }

    [Fact]
    public async Task A_reader_ahead_of_the_log_is_told_that_the_log_is_shorter_than_it_was()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using AsyncServerStreamingCall<FollowResponse> call = network.Exchange(network.Second).Follow(new FollowRequest { FromIndex = 1_000 });
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal((StatusCode.DataLoss, "LOG_SHORTER"), (refused.StatusCode, refused.ToRefusal("broker").Code));
    }

    [Fact]
    public async Task A_stopping_broker_ends_its_streams()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using AsyncServerStreamingCall<FollowResponse> call = network.Exchange(network.Second).Follow(new FollowRequest { FromIndex = 0 });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Task<RpcException> ended = Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });
        await network.Broker.StopServingAsync();
        Assert.Equal((StatusCode.Unavailable, "BROKER_STOPPING"), ((await ended).StatusCode, (await ended).ToRefusal("broker").Code));
    }

    private static WithdrawRequest Withdraw(TestMember member, SealedRecord record)
    {
        using RecordKeys keys = member.Keys.ForRecord(record.Salt);
        return new WithdrawRequest
        {
            RecordId = record.Submission.RecordId,
            Reason = WithdrawalReason.Mistake,
            Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Mistake, null))),
        };
    }

    private static void AssertRootsHold(TestNetwork network, IReadOnlyList<FollowResponse> messages)
    {
        List<TreeHash> hashes = [];
        foreach (FollowResponse message in messages)
        {
            Assert.Equal((ulong)hashes.Count, message.FirstIndex);
            hashes.AddRange(message.Leaves.Select(leaf => LeafData.HashOf(leaf.LeafData.Span)));
            if (message.Checkpoint.IsEmpty) continue;
            Checkpoint checkpoint = Proofs.Open(network, message.Checkpoint.Span);
            Assert.Equal(((ulong)hashes.Count, MerkleHash.RootOf(hashes)), (checkpoint.Size, checkpoint.Root));
        }

        Assert.False(messages[^1].Checkpoint.IsEmpty);
    }
}
