using Gateway.Broker.Tests.Evaluators;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class StatusTests
{
    [Fact]
    public async Task The_status_shows_members_feeds_quotas_refusals_and_evaluators()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker);
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        SealedRecordRefused(await network.RefusedAsync(network.Outsider, network.Seal(network.Outsider).Submission));
        await SharingTests.RefusedAsync(() => new OperationsService.OperationsServiceClient(network.Steward.Connect(network.Broker)).GetBrokerStatusAsync(new GetBrokerStatusRequest()).ResponseAsync);
        await SharingTests.RefusedAsync(() => new OperationsService.OperationsServiceClient(network.Broker.Connect(null)).GetBrokerStatusAsync(new GetBrokerStatusRequest()).ResponseAsync);

        using AsyncServerStreamingCall<FollowResponse> feed = network.Exchange(network.Second).Follow(new FollowRequest { FromIndex = 3 });
        ulong sent = 3;
        while (sent < network.Broker.Core.Signal.Size && await feed.ResponseStream.MoveNext(CancellationToken.None)) sent = feed.ResponseStream.Current.FirstIndex + (ulong)feed.ResponseStream.Current.Leaves.Count;

        GetBrokerStatusResponse status = await UntilAsync(network.Broker, found => Of(found, network.Second).Feed is { Behind: 0 });
        Assert.Equal((TestBroker.Network, network.Broker.Core.Signal.Size, network.Broker.Core.View.Current.Day.Number), (status.Network, status.LogSize, status.Day));
        Assert.True(status.StoreBytes > 4_096 && status.CertificateNotAfter > 0 && status.AuthorityNotAfter > status.CertificateNotAfter);
        Assert.Equal(2u, status.OpenFeeds); // The second member's and the evaluator's.
        MemberStatus steward = Of(status, network.Steward), reading = Of(status, network.Second), outsider = Of(status, network.Outsider);
        Assert.Equal(("Steward Retail", MemberRole.Retailer, "active"), (steward.Name, steward.Role, steward.Standing));
        Assert.Equal(network.Broker.Time.GetUtcNow().ToUnixTimeSeconds(), steward.LastSeen);
        Assert.Equal(new DateTimeOffset(network.Steward.Certificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds(), steward.CertificateNotAfter);
        Assert.Equal(1ul, steward.Quotas.Single(use => use.Quota == "records").UsedToday);
        Assert.Equal(("OPERATORS_ONLY", 1ul), (Assert.Single(steward.Refusals).Code, steward.Refusals[0].Count));
        Assert.Equal("NOT_IN_CIRCLE", Assert.Single(outsider.Refusals).Code);
        Assert.Equal("CERTIFICATE_MISSING", Assert.Single(status.OtherRefusals).Code);
        Assert.Equal((1u, 3ul, sent), (reading.Feed.Open, reading.Feed.AskedFrom, reading.Feed.Sent));
        Assert.Null(steward.Feed);
        Assert.Equal([("broker", true), ("second", false)], status.Evaluators.Select(evaluator => (evaluator.Name, evaluator.InForce)));
        Assert.Equal(second.Options.Address, status.Evaluators[1].Address);

        await second.OfferAsync();
        Assert.True((await ReadAsync(network.Broker)).Evaluators[1].ShareWaits);
    }

    [Fact]
    public async Task A_feed_that_is_cut_falls_behind_and_the_status_says_how_far_and_how_long()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        ulong before = network.Broker.Core.Signal.Size;
        await network.ReadFeedAsync(network.Second);
        await UntilAsync(network.Broker, found => Of(found, network.Second).Feed is { Open: 0, Behind: 0 });
        for (int i = 0; i < 3; i++) await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        network.Broker.Time.Advance(TimeSpan.FromMinutes(2));
        FeedPosition position = Of(await ReadAsync(network.Broker), network.Second).Feed;
        Assert.Equal((0u, before, 3ul, 120ul), (position.Open, position.Sent, position.Behind, position.BehindSeconds));
    }

    [Fact]
    public async Task The_status_is_read_while_publishing_and_evaluating_go_on()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using CancellationTokenSource done = new();
        OprfKeys keys = network.Broker.Core.View.Current.OprfKeys!;
        Task[] load =
        [
            Task.Run(async () => { while (!done.IsCancellationRequested) await network.PublishOneAsync(network.Steward, network.Seal(network.Steward)); }),
            Task.Run(async () => { while (!done.IsCancellationRequested) await Evaluating.EvaluateAsync(network.Second, network.Broker, null, keys, "alpha"); }),
        ];
        ulong last = 0;
        for (int i = 0; i < 10; i++)
        {
            GetBrokerStatusResponse status = await ReadAsync(network.Broker);
            Assert.True(status.LogSize >= last);
            last = status.LogSize;
            while (network.Broker.Core.Signal.Size == last && !load.Any(task => task.IsFaulted)) await Task.Delay(5);
        }

        await done.CancelAsync();
        await Task.WhenAll(load);
    }

    private static void SealedRecordRefused(ErrorDetail refusal) => Assert.Equal("NOT_IN_CIRCLE", refusal.Code);

    private static MemberStatus Of(GetBrokerStatusResponse status, TestMember member) => status.Members.Single(found => found.MemberId == ByteString.CopyFrom(member.Id.ToArray()));

    private static async Task<GetBrokerStatusResponse> ReadAsync(TestBroker broker) => await new OperationsService.OperationsServiceClient(broker.ConnectAsOperator()).GetBrokerStatusAsync(new GetBrokerStatusRequest());

    private static async Task<GetBrokerStatusResponse> UntilAsync(TestBroker broker, Func<GetBrokerStatusResponse, bool> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        while (true)
        {
            GetBrokerStatusResponse status = await ReadAsync(broker);
            if (holds(status)) return status;
            await Task.Delay(20, patience.Token);
        }
    }
}
