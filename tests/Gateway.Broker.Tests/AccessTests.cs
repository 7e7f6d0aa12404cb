using Gateway.Broker.Access;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class AccessTests
{
    [Fact]
    public void Every_rpc_of_the_broker_has_a_rule_and_no_rule_is_left_over() =>
        Assert.Equal(BrokerMethods.All.Select(method => $"/{method.Service.FullName}/{method.Name}").Order(StringComparer.Ordinal), AccessRules.Methods.Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_certificate_ends_on_the_connection_that_it_opened()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        MembershipService.MembershipServiceClient client = new(network.Steward.Connect(network.Broker));
        await client.GetDirectoryAsync(new GetDirectoryRequest());
        network.Broker.Time.Advance(TimeSpan.FromHours(25));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await client.GetDirectoryAsync(new GetDirectoryRequest()));
        Assert.Equal("CERTIFICATE_EXPIRED", refused.ToRefusal("broker").Code);
    }

    [Fact]
    public async Task Open_streams_end_with_the_certificate_that_opened_them()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using AsyncServerStreamingCall<FollowResponse> follow = network.Exchange(network.Second).Follow(new FollowRequest());
        Assert.True(await follow.ResponseStream.MoveNext(CancellationToken.None));
        using AsyncDuplexStreamingCall<PublishRequest, PublishResponse> publish = network.Exchange(network.Second).Publish();
        await publish.RequestStream.WriteAsync(new PublishRequest { Submissions = { network.Seal(network.Second).Submission } });
        Assert.True(await publish.ResponseStream.MoveNext(CancellationToken.None));

        network.Broker.Time.Advance(TimeSpan.FromHours(23));
        await publish.RequestStream.WriteAsync(new PublishRequest { Submissions = { network.Seal(network.Second).Submission } });
        Assert.True(await publish.ResponseStream.MoveNext(CancellationToken.None));

        network.Broker.Time.Advance(TimeSpan.FromHours(1));
        await AssertExpiredAsync(follow.ResponseStream);
        await AssertExpiredAsync(publish.ResponseStream);

        static async Task AssertExpiredAsync<T>(IAsyncStreamReader<T> responses)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await responses.MoveNext(CancellationToken.None))
                {
                }
            });
            Assert.Equal((StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED"), (refused.StatusCode, refused.ToRefusal("broker").Code));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_ends_while_it_is_written_says_why_to_who_reads_and_is_cut_off_from_who_does_not(bool reads)
    {
        // More than is taken over for a reader that does not read yet: the broker stands in a write when the certificate ends.
        await using TestNetwork network = await TestNetwork.StartAsync();
        await network.PublishAsync(network.Steward, [.. Enumerable.Range(0, 300).Select(_ => network.Seal(network.Steward).Submission)]);
        using AsyncServerStreamingCall<FollowResponse> follow = network.Exchange(network.Second).Follow(new FollowRequest());
        Assert.True(await follow.ResponseStream.MoveNext(CancellationToken.None));
        await Task.Delay(500);
        network.Broker.Time.Advance(TimeSpan.FromHours(24));
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        while (!reads && network.Broker.Core.Calls.CountOf(network.Second.Id) > 0) await Task.Delay(50, patience.Token);
        if (!reads) return;
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await follow.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });
        Assert.Equal((StatusCode.Unauthenticated, "CERTIFICATE_EXPIRED"), (refused.StatusCode, refused.ToRefusal("broker").Code));
    }

    [Fact]
    public async Task Health_and_checkpoint_are_there_for_everybody()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using HttpClient http = new(broker.NewHandler(null));
        Assert.Equal("ok 2\n", await http.GetStringAsync(new Uri(broker.Address + "/healthz")));
        GetCheckpointResponse response = await new LogService.LogServiceClient(broker.Connect(null)).GetCheckpointAsync(new GetCheckpointRequest());
        Assert.StartsWith(TestBroker.Network + "\n2\n", response.Checkpoint.ToStringUtf8(), StringComparison.Ordinal);
    }
}
