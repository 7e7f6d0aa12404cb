using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Tests.Postgres;
using Grpc.Core;

namespace Gateway.EndToEnd.Replicas;

/// <summary>Replicas whose database goes away: for one of them, or for both.</summary>
[Collection(nameof(Replicas))]
public sealed class LostDatabaseTests
{
    [PostgresFact]
    public async Task A_replica_without_its_database_refuses_its_nodes_go_to_the_other_and_it_serves_again_by_itself()
    {
        DatabaseLine[] lines = new DatabaseLine[2];
        await using Replicas replicas = await Replicas.StartAsync((broker, store) => (lines[broker] = new DatabaseLine(store)).Connection);
        await ContributeAsync(replicas, 0);
        int cut = (await replicas.Retailer.StatusAsync()).BrokerAddress == replicas.AddressOf(0) ? 0 : 1, other = 1 - cut;
        lines[cut].Cut();

        // The publisher comes to its receipt at the other; a follower that asks for nothing goes there too, because its feed is ended.
        await ContributeAsync(replicas, 1);
        foreach (LocalNode node in new[] { replicas.Retailer, replicas.Customs }) await node.UntilAsync(status => status.BrokerConnected && status.BrokerAddress == replicas.AddressOf(other) && status.LiveRecords == 2, "the other replica");
        await replicas.UntilHealthyAsync(cut, "the store");
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => FollowAsync(replicas, cut))).StatusCode);

        lines[cut].Mend();
        await replicas.UntilHealthyAsync(cut, "ok");
        await FollowAsync(replicas, cut);

        // It serves in turn when the other one goes.
        lines[other].Cut();
        await ContributeAsync(replicas, 2);
        await replicas.Customs.UntilAsync(status => status.LiveRecords == 3 && status.BrokerAddress == replicas.AddressOf(cut), "the replica that came back");
        Assert.Empty((await replicas.Retailer.StatusAsync()).Alarms);
        Assert.Empty((await replicas.Customs.StatusAsync()).Alarms);
        foreach (DatabaseLine line in lines) line.Dispose();
    }

    [PostgresFact]
    public async Task When_the_database_is_away_for_all_what_is_contributed_waits_and_goes_on_when_it_is_back()
    {
        await using Replicas replicas = await Replicas.StartAsync();
        await ContributeAsync(replicas, 0);
        replicas.Cluster.Stop(atOnce: true);
        Task waiting = ContributeAsync(replicas, 1);
        for (int broker = 0; broker < 2; broker++) await replicas.UntilHealthyAsync(broker, "the store");
        Assert.False(waiting.IsCompleted);
        replicas.Cluster.Start();
        await waiting;
        await replicas.UntilServedAsync();
        await replicas.Customs.UntilAsync(status => status.LiveRecords == 2, "both records");
        Assert.Empty((await replicas.Retailer.StatusAsync()).Alarms);
    }

    private static async Task ContributeAsync(Replicas replicas, int number) =>
        Assert.Equal(ContributionState.Published, Assert.Single(await replicas.Retailer.ContributeAsync(LocalNode.Case("protocol", $"case-{number}", $"Bad Actor {number} Trading GmbH", $"actor{number}@bad.example"))).State);

    // As a node whose one and only broker it is.
    private static async Task FollowAsync(Replicas replicas, int broker)
    {
        AuthoritySet authorities = AuthoritySet.FromPem(await File.ReadAllTextAsync(replicas.Network.Options.Files.AuthorityCertificate));
        using NodeCertificate certificate = NodeCertificate.Load(replicas.Customs.Directory);
        using BrokerConnection connection = BrokerConnection.Authenticated([new Uri(replicas.AddressOf(broker))], LocalNetwork.Network, () => authorities, certificate, TimeProvider.System);
        using AsyncServerStreamingCall<FollowResponse> call = new ExchangeService.ExchangeServiceClient(connection.Invoker).Follow(new FollowRequest(), deadline: CallDeadline.After(TimeSpan.FromSeconds(30)));
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
    }
}
