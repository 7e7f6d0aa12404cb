using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cli.Lab;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Shared;
using Grpc.Core;

namespace Gateway.Node.Tests.Network;

/// <summary>One broker at several addresses: real TLS, real sockets, some of which lead nowhere.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task An_address_that_refuses_connections_is_passed_over()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        using BrokerConnection connection = Anonymous(network, new Uri($"https://localhost:{FreePort.Next()}"), Real(network));
        await AskAsync(connection);
        Assert.Equal(Real(network), connection.Address);
    }

    [Fact]
    public async Task An_address_that_says_nothing_is_overtaken_and_not_asked_again_while_another_answers()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        using Relay silent = new();
        ManualTime time = ManualTime.Now();
        using BrokerConnection connection = BrokerConnection.Anonymous([silent.Address, Real(network)], network.Options.Network, Authorities(network), time, new First());
        Task first = AskAsync(connection);
        for (; !first.IsCompleted; await Task.Delay(20)) time.Advance(TimeSpan.FromMilliseconds(500)); // Whose patience with it ends.
        await first;
        Assert.Equal((Real(network), 1), (connection.Address, silent.Taken));
        for (int renewal = 0; renewal < 20; renewal++)
        {
            connection.Renew();
            await AskAsync(connection);
        }

        Assert.Equal((Real(network), 1), (connection.Address, silent.Taken));
    }

    [Fact]
    public async Task Whoever_answers_at_another_address_is_held_to_the_same_certificate()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using X509Certificate2 foreign = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using FalseBroker impostor = await FalseBroker.StartAsync(foreign);
        using BrokerConnection connection = Anonymous(network, impostor.Address, Real(network));
        await AskAsync(connection);
        Assert.Equal((Real(network), 0), (connection.Address, impostor.Calls));

        await network.StopBrokerAsync();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync(connection));
        Assert.Equal((StatusCode.Unavailable, 0), (refused.StatusCode, impostor.Calls));
    }

    [Fact]
    public async Task Where_a_broker_answers_UNAVAILABLE_the_next_is_asked()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("one");
        await using FalseBroker ill = await FalseBroker.StartAsync(network.Broker.Certificate.Current);

        // An operator hears of it: what he proposed may have been done. The next command goes to the other.
        using BrokerConnection operators = Anonymous(network, ill.Address, Real(network));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => AskAsync(operators))).StatusCode);
        await AskAsync(operators);
        Assert.Equal((Real(network), 1), (operators.Address, ill.Calls));

        // What a node asks is asked again at once.
        using NodeCertificate certificate = NodeCertificate.Load(node.Directory);
        using BrokerConnection nodes = BrokerConnection.Authenticated([ill.Address, Real(network)], network.Options.Network, Authorities(network), certificate, TimeProvider.System);
        for (int call = 0; call < 5; call++) await AskAsync(nodes);
        Assert.Equal(Real(network), nodes.Address);
        Assert.InRange(ill.Calls, 1, 2);
    }

    [Fact]
    public async Task A_call_on_a_connection_that_falls_silent_is_answered_at_the_next_address()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode node = await network.AddNodeAsync("one");
        int port = Real(network).Port;
        Dictionary<Uri, Relay> relays = new[] { new Relay(port), new Relay(port) }.ToDictionary(relay => relay.Address);
        using NodeCertificate certificate = NodeCertificate.Load(node.Directory);
        using BrokerConnection connection = BrokerConnection.Authenticated([.. relays.Keys], network.Options.Network, Authorities(network), certificate, TimeProvider.System);
        await AskAsync(connection);
        Uri used = connection.Address!;
        relays[used].FallSilent();
        await AskAsync(connection); // Its deadline is far longer than a ping waits.
        Assert.NotEqual(used, connection.Address);
        foreach (Relay relay in relays.Values) relay.Dispose();
    }

    [Fact]
    public void What_the_caller_ends_itself_is_no_loss()
    {
        Assert.True(GrpcErrors.IsLoss(new RpcException(new Status(StatusCode.Internal, "", new HttpProtocolException(1, "", null)))));
        Assert.False(GrpcErrors.IsLoss(new RpcException(new Status(StatusCode.Internal, "Bad answer."))));
        Assert.False(GrpcErrors.IsLoss(new RpcException(new Status(StatusCode.Cancelled, "", new OperationCanceledException("", new IOException())))));
    }

    [Fact]
    public async Task When_every_address_is_unavailable_a_node_does_not_chase_round_them()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        await using FalseBroker one = await FalseBroker.StartAsync(network.Broker.Certificate.Current);
        await using FalseBroker two = await FalseBroker.StartAsync(network.Broker.Certificate.Current);
        using BrokerConnection connection = BrokerConnection.Anonymous([one.Address, two.Address], network.Options.Network, Authorities(network), random: new Even());
        for (int call = 0; call < 200; call++) await Assert.ThrowsAsync<RpcException>(() => AskAsync(connection));
        Assert.Equal(200, one.Calls + two.Calls);
        Assert.InRange(one.Connections + two.Connections, 2, 20);
    }

    [Fact]
    public async Task A_node_whose_broker_is_cut_off_follows_and_publishes_at_the_other_address()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        int port = Real(network).Port;
        Dictionary<string, Relay> relays = new[] { new Relay(port), new Relay(port) }.ToDictionary(relay => relay.Address.GetLeftPart(UriPartial.Authority));
        RunningNode node = await network.AddNodeAsync("one"), other = await network.AddNodeAsync("two");
        string[] addresses = [.. relays.Keys];
        node.Directory.WriteSettings(node.Directory.ReadSettings() with { Broker = addresses[0], BrokerAlsoAt = addresses[1..] });
        await node.StartAsync();
        await other.StartAsync();
        await network.CreateCircleAsync("acx", node, other);

        string used = (await node.UntilAsync(status => status.BrokerConnected)).BrokerAddress, left = addresses.Single(address => address != used);
        relays[used].Dispose();
        GetStatusResponse moved = await node.UntilAsync(status => status.BrokerConnected && status.BrokerAddress != used);
        Assert.Equal(left, moved.BrokerAddress);

        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = node.Contributions.Contribute();
        await call.RequestStream.WriteAsync(new ContributeRequest { Contributions = { Case() } });
        await call.RequestStream.CompleteAsync();
        ContributionOutcome last = new();
        await foreach (ContributeResponse response in call.ResponseStream.ReadAllAsync()) last = response.Outcomes[^1];
        Assert.Equal(ContributionState.Published, last.State);
        await other.UntilAsync(status => status.LiveRecords == 1);
        Assert.Empty((await node.UntilAsync(status => status.LiveRecords == 1)).Alarms);
        foreach (Relay relay in relays.Values) relay.Dispose();
    }

    private static Contribution Case()
    {
        Contribution contribution = TestOutbox.Case("case-1");
        contribution.Circle = "acx";
        return contribution;
    }

    private static Uri Real(RunningNetwork network) => new(network.Options.AdvertisedAddress);

    private static Func<AuthoritySet> Authorities(RunningNetwork network)
    {
        AuthoritySet authorities = AuthoritySet.FromPem(File.ReadAllText(network.Options.Files.AuthorityCertificate));
        return () => authorities;
    }

    private static BrokerConnection Anonymous(RunningNetwork network, params Uri[] addresses) =>
        BrokerConnection.Anonymous(addresses, network.Options.Network, Authorities(network), random: new Even());

    private static async Task AskAsync(BrokerConnection connection) => await new LogService.LogServiceClient(connection.Invoker).GetCheckpointAsync(new GetCheckpointRequest(), deadline: CallDeadline.After(TimeSpan.FromSeconds(30)));

    /// <summary>The first of all, without a pause.</summary>
    private sealed class First : Random
    {
        public override int Next(int maxValue) => 0;

        public override double NextDouble() => 0;
    }

    /// <summary>The first of all, and the middle of every range.</summary>
    private sealed class Even : Random
    {
        public override int Next() => 0;

        public override int Next(int maxValue) => 0;

        public override double NextDouble() => 0.5;
    }
}
