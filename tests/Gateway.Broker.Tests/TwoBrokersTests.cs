using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Gateway.Storage.Tests.Postgres;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>Two brokers of one network on one PostgreSQL.</summary>
public sealed class TwoBrokersTests : IDisposable
{
    private readonly PostgresCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [PostgresFact]
    public async Task Whatever_is_sent_to_either_of_two_brokers_is_one_log_without_a_fork_or_a_loss()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        TestBroker[] brokers = [network.Broker, beside];
        Random random = new(7);
        List<Task<IReadOnlyList<PublishOutcome>>> sent = [];
        HashSet<RecordId> ids = [];
        for (int message = 0; message < 40; message++)
        {
            TestMember member = random.Next(2) == 0 ? network.Steward : network.Second;
            SealedRecord[] records = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => network.Seal(member))];
            ids.UnionWith(records.Select(record => record.Id));
            sent.Add(TestNetwork.PublishAtAsync(brokers[random.Next(2)], member, [.. records.Select(record => record.Submission)]));

            // Now and then both brokers get the same records at once, as from a node that has waited too long for one of them.
            if (random.Next(4) == 0) sent.Add(TestNetwork.PublishAtAsync(brokers[random.Next(2)], member, [.. records.Select(record => record.Submission)]));
            if (random.Next(5) == 0) await Task.Delay(20);
        }

        PublishOutcome[] outcomes = [.. (await Task.WhenAll(sent)).SelectMany(of => of)];
        Assert.All(outcomes.Where(outcome => outcome.Receipt is null), outcome => Assert.Equal("RECORD_TAKEN_MEANWHILE", outcome.Refusal.Code));
        Assert.All(outcomes.Where(outcome => outcome.Receipt is not null), outcome => Proofs.AssertProves(network, outcome.Receipt));
        foreach (IGrouping<ByteString, PublishOutcome> same in outcomes.Where(outcome => outcome.Receipt is not null).GroupBy(outcome => outcome.RecordId)) Assert.Single(same.Select(outcome => outcome.Receipt.Index).Distinct());
        Assert.Equal(ids.Count, outcomes.Where(outcome => outcome.Receipt is not null).Select(outcome => outcome.RecordId).Distinct().Count());

        await Task.WhenAll(brokers.Select(broker => broker.Core.Sequencer.LookAsync()));
        List<BrokerLeaf> leaves = await network.Broker.Core.Store.ReadLeavesAsync(0, ulong.MaxValue, CancellationToken.None).ToListAsync();
        Assert.Equal(Enumerable.Range(0, leaves.Count).Select(index => (ulong)index), leaves.Select(leaf => leaf.Index));
        Assert.Equal(ids.Count, leaves.Count(leaf => leaf.Kind == Entry.ContentOneofCase.RecordPublished));
        LogFrontier frontier = new();
        foreach (BrokerLeaf leaf in leaves) frontier.Append(LeafData.HashOf(leaf.LeafData));
        foreach (TestBroker broker in brokers)
        {
            Checkpoint checkpoint = Proofs.Open(network, (await broker.Core.Reader.ReadHeadAsync(CancellationToken.None)).Note);
            Assert.Equal((frontier.Size, frontier.Root), (checkpoint.Size, checkpoint.Root));
            Assert.Equal((frontier.Size, frontier.Size), (broker.Core.Signal.Size, broker.Core.View.Size));
        }
    }

    [PostgresFact]
    public async Task A_follower_at_one_broker_gets_what_was_published_at_the_other()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        ulong end = beside.Core.Signal.Size;
        using AsyncServerStreamingCall<FollowResponse> call = new ExchangeService.ExchangeServiceClient(network.Second.Connect(beside)).Follow(new FollowRequest { FromIndex = end });
        Task<bool> next = call.ResponseStream.MoveNext(CancellationToken.None);
        Receipt receipt = await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(receipt.Entry, call.ResponseStream.Current.Leaves.Single().Entry);
    }

    [PostgresFact]
    public async Task What_the_log_says_of_members_and_circles_at_one_broker_holds_at_the_other()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        await network.NextEpochAsync();
        await beside.Core.Sequencer.LookAsync();
        PublishOutcome outcome = (await TestNetwork.PublishAtAsync(beside, network.Second, network.Seal(network.Second).Submission)).Single();
        Assert.True(outcome.Receipt is not null, outcome.Refusal?.What);
        await network.Broker.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = network.Second.Id.ToByteString(), Reason = MembershipReason.Compromised } });
        await beside.Core.Sequencer.LookAsync();
        Assert.False(beside.Core.View.Current.Members[network.Second.Id].IsActive);
    }

    private async Task<TestNetwork> StartAsync() => await TestNetwork.StartAsync(options: options => options with { Store = _cluster.NewSchema() });
}
