using Gateway.Cli.Lab;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Gateway.Node.Tests.Network;

public sealed class LocalApiTests
{
    [Fact]
    public async Task The_loopback_port_wants_the_token_and_the_socket_does_not()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        int port = FreePort.Next();
        RunningNode node = await network.AddNodeAsync("retailer", port);
        await node.StartAsync();
        Assert.Equal("retailer", (await node.Contributions.GetStatusAsync(new GetStatusRequest())).MemberName);

        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        ContributionsService.ContributionsServiceClient client = new(channel);
        string token = (await File.ReadAllTextAsync(node.Directory.TokenFile)).Trim();
        Assert.Equal("retailer", (await client.GetStatusAsync(new GetStatusRequest(), new Metadata { { "authorization", $"Bearer {token}" } })).MemberName);
        foreach (string? shown in new[] { null, "", "Bearer ", $"Bearer {token[..^1]}", $"bearer {token}", token })
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await client.GetStatusAsync(new GetStatusRequest(), shown is null ? [] : new Metadata { { "authorization", shown } }));
            Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
            Assert.Equal("TOKEN_MISSING", refused.ToRefusal("node").Code);
        }
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused_and_the_node_goes_on()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("retailer");
        await node.StartAsync();
        QueryRequest large = new() { Party = new Party { Name = new string('x', 5 * 1_048_576) } };
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await node.Screening.QueryAsync(large));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal("retailer", (await node.Contributions.GetStatusAsync(new GetStatusRequest())).MemberName);
    }

    [Fact]
    public async Task One_process_runs_a_folder_and_nobody_else_can_reach_into_it()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("retailer");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(node.Directory.Path, (UnixFileMode)0b111_101_101); // As somebody may have left it.
        await node.StartAsync();
        RefusalException second = await Assert.ThrowsAsync<RefusalException>(() => node.BuildAsync());
        Assert.Equal("NODE_RUNS_ALREADY", second.Refusal.Code);
        Assert.Equal("retailer", (await node.Contributions.GetStatusAsync(new GetStatusRequest())).MemberName);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(node.Directory.Path));
            Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(node.Directory.SocketFile));
        }

        await node.StopAsync();
        await node.StartAsync();
        Assert.Equal("retailer", (await node.Contributions.GetStatusAsync(new GetStatusRequest())).MemberName);
    }

    [Fact]
    public async Task An_officer_signs_for_the_network_before_the_node_has_read_anything_of_its_log()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("retailer");
        Meddler meddler = new() { Change = _ => throw new RpcException(new Status(StatusCode.Unavailable, "the feed has not come yet")) };
        await node.StartAsync(invoker => invoker.Intercept(meddler));
        ulong size = network.Broker.View.Size;
        LeaveNetworkResponse left = await node.Officers.LeaveNetworkAsync(new LeaveNetworkRequest { MemberId = ByteString.CopyFrom(node.Directory.ReadSettings().Member.ToArray()) });
        Assert.Equal(size, left.Index);
        Assert.Equal(0UL, (await node.Contributions.GetStatusAsync(new GetStatusRequest())).LogSize);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_feed_that_does_not_hold_raises_one_alarm_with_its_evidence_and_the_node_goes_on_answering_also_where_the_broker_hangs_up_behind_it(bool hangsUp)
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("retailer");
        Meddler meddler = new() { Change = message => message.Leaves[0].Entry = ByteString.Empty, HangsUp = hangsUp };
        await node.StartAsync(invoker => invoker.Intercept(meddler));
        GetStatusResponse status = await node.UntilAsync(status => status.Alarms.Count > 0);
        Assert.Equal("ENTRY_HIDDEN", Assert.Single(status.Alarms).Error.Code);
        Assert.Equal(0UL, status.LogSize);

        // It has nothing to compare with, and says so rather than clear anybody.
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await node.Screening.ScreenAsync(new ScreenRequest
        {
            Shipment = new Shipment { Id = "S1", Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = new Party { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = "a@b.example" } } } } } },
        }));
        Assert.Equal("NO_CIRCLE_READ", refused.ToRefusal("node").Code);
    }

    [Fact]
    public async Task A_shipment_streamed_while_the_broker_is_away_ends_pending_and_not_cleared()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("retailer");
        await node.StartAsync();
        RunningNode second = await network.AddNodeAsync("second");
        await second.StartAsync();
        await network.CreateCircleAsync("acx", node, second);
        await network.StopBrokerAsync();
        using AsyncDuplexStreamingCall<ScreenStreamRequest, ScreenStreamResponse> call = node.Screening.ScreenStream();
        ScreenStreamRequest request = new() { WaitMilliseconds = 200 };
        for (int i = 0; i < 300; i++)
        {
            request.Shipments.Add(new Shipment { Id = $"S{i}", Parties = { new ShipmentParty { Role = PartyRole.Consignor, Party = new Party { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = $"a{i}@b.example" } } } } } });
        }

        await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        List<ScreeningResult> results = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) results.AddRange(call.ResponseStream.Current.Results);
        Assert.Equal(300, results.Count(result => result.Final));
        Assert.All(results, result => Assert.Equal(ScreeningDecision.Pending, result.Decision));
    }
}
