using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
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

    [PostgresFact]
    public async Task An_invitation_lets_one_organisation_in_once_whichever_broker_it_is_shown_to()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        Applicant applicant = new(network.Broker, "Retail", MemberRole.Retailer), thief = new(network.Broker, "Retail", MemberRole.Retailer, applicant.Id);
        ByteString token = await applicant.AdmitAsync(network.Broker);
        EnrolRequest request = applicant.Enrolment(token);
        EnrolResponse[] answers = await Task.WhenAll(EnrolAsync(network.Broker, request), EnrolAsync(beside, request));
        Assert.Equal(answers[0].Index, answers[1].Index);
        Assert.Equal("STATEMENT_NOT_AS_INVITED", (await Assert.ThrowsAsync<RpcException>(() => EnrolAsync(beside, thief.Enrolment(token)))).ToRefusal("broker").Code);
        List<BrokerLeaf> leaves = await network.Broker.Core.Store.ReadLeavesAsync(0, ulong.MaxValue, CancellationToken.None).ToListAsync();
        Assert.Single(leaves, leaf => leaf.Kind == Entry.ContentOneofCase.MemberJoined && leaf.Index >= answers[0].Index);
    }

    [PostgresFact]
    public async Task A_certificate_denied_at_one_broker_is_refused_at_the_other()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        await new CertificatesService.CertificatesServiceClient(network.Broker.ConnectAsOperator()).DenyCertificateAsync(new DenyCertificateRequest { Serial = ByteString.CopyFrom(Convert.FromHexString(network.Second.Certificate.SerialNumber)), Reason = "laptop stolen" });
        await beside.Core.Denials.FollowAsync(CancellationToken.None); // As it does every two seconds.
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new MembershipService.MembershipServiceClient(network.Second.Connect(beside)).GetDirectoryAsync(new GetDirectoryRequest()));
        Assert.Equal("CERTIFICATE_DENIED", refused.ToRefusal("broker").Code);
    }

    [PostgresFact]
    public async Task A_quota_used_up_at_one_broker_is_used_up_at_the_other()
    {
        QuotaOptions small = new() { StrongFloorPerDay = 10, StrongPerDay = 1_000, StrongPerYear = 100_000, DaysInYear = 20, EnrolmentsPerMinutePerAddress = 10_000, EnrolmentsPerMinute = 10_000 };
        await using TestNetwork network = await TestNetwork.StartAsync(small, options: options => options with { Store = _cluster.NewSchema() });
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        TestBroker[] brokers = [network.Broker, beside];
        foreach (TestBroker broker in brokers) Assert.Null(broker.Core.Quotas.TryTake(network.Second.Id, Quota.Strong, 5, out _));
        foreach (TestBroker broker in brokers) await broker.Core.Quotas.FlushAsync(CancellationToken.None);
        foreach (TestBroker broker in brokers) await broker.Core.Quotas.FollowAsync(CancellationToken.None);
        foreach (TestBroker broker in brokers) Assert.Equal("QUOTA_EXHAUSTED", broker.Core.Quotas.TryTake(network.Second.Id, Quota.Strong, 1, out _)?.Code);
        Assert.Equal(10, (await network.Broker.Core.Store.ReadUsageAsync(UtcDay.Of(network.Broker.Time.GetUtcNow()), CancellationToken.None)).Where(used => used.Quota == Quota.Strong).Sum(used => used.Count));
    }

    [PostgresFact]
    public async Task A_member_that_goes_from_broker_to_broker_is_no_quicker_than_at_one()
    {
        QuotaOptions slow = new() { RecordsPerSecond = 1, RecordBurst = 3, ElementsPerSecond = 100, ElementBurst = 512, EnrolmentsPerMinutePerAddress = 10_000, EnrolmentsPerMinute = 10_000 };
        await using TestNetwork network = await TestNetwork.StartAsync(slow, options: options => options with { Store = _cluster.NewSchema() });
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        QuotaLedger here = network.Broker.Core.Quotas, there = beside.Core.Quotas;

        Assert.All(await network.PublishAsync(network.Second, [.. Enumerable.Range(0, 3).Select(_ => network.Seal(network.Second).Submission)]), outcome => Assert.NotNull(outcome.Receipt));
        Assert.Null(here.TryTake(network.Second.Id, Quota.Strong, 512, out _));
        Assert.Null(there.TryTake(network.Second.Id, Quota.Compound, 100, out _));
        await here.FlushAsync(CancellationToken.None);
        await there.FollowAsync(CancellationToken.None); // As it does every two seconds.
        await there.FollowAsync(CancellationToken.None); // What it has heard of it counts once.
        Assert.Equal("RATE_LIMITED", (await TestNetwork.PublishAtAsync(beside, network.Second, network.Seal(network.Second).Submission)).Single().Refusal?.Code);
        Assert.Equal(TimeSpan.FromSeconds(2), there.TryTake(network.Second.Id, Quota.Name, 100, out _)?.RetryAfter);
        await there.FlushAsync(CancellationToken.None);
        await there.FollowAsync(CancellationToken.None); // Nor does its own.
        Assert.Equal(TimeSpan.FromSeconds(2), there.TryTake(network.Second.Id, Quota.Name, 100, out _)?.RetryAfter);

        beside.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(there.TryTake(network.Second.Id, Quota.Records, 1, out _));
        Assert.Equal("RATE_LIMITED", there.TryTake(network.Second.Id, Quota.Records, 1, out _)?.Code);
        Assert.Equal("RATE_LIMITED", there.TryTake(network.Second.Id, Quota.Name, 1, out _)?.Code);
        beside.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(there.TryTake(network.Second.Id, Quota.Name, 100, out _));
    }

    [PostgresFact]
    public async Task A_log_that_is_halted_at_one_broker_is_halted_at_the_other()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        using SigningKey logKey = SigningKey.FromSeed(File.ReadAllBytes(network.Broker.Options.Files.LogSeed));
        byte[] foreign = SignedNote.Sign(new Checkpoint(TestBroker.Network, network.Broker.Core.Signal.Size + 1, MerkleHash.EmptyRoot).ToText(), new LogSigner(TestBroker.Network, logKey)).ToBytes();
        await network.Broker.Core.History.LookAsync(network.Second.Id, foreign, CancellationToken.None);
        await beside.Core.History.FollowAsync(CancellationToken.None);
        Assert.Equal("LOG_HALTED", beside.Core.Sequencer.Halted?.Code);
    }

    [PostgresFact]
    public async Task A_broker_that_appends_nothing_still_refuses_whom_the_other_has_denied()
    {
        await using TestNetwork network = await StartAsync();
        await using TestBroker beside = await network.Broker.StartBesideAsync();
        beside.Core.Sequencer.Halt(Refusal.Unavailable("LOG_HELD", "Held.", "log", "Wait."));
        await new CertificatesService.CertificatesServiceClient(network.Broker.ConnectAsOperator()).DenyCertificateAsync(new DenyCertificateRequest { Serial = ByteString.CopyFrom(Convert.FromHexString(network.Second.Certificate.SerialNumber)), Reason = "laptop stolen" });
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        await beside.FollowOthersAsync();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new MembershipService.MembershipServiceClient(network.Second.Connect(beside)).GetDirectoryAsync(new GetDirectoryRequest()));
        Assert.Equal("CERTIFICATE_DENIED", refused.ToRefusal("broker").Code);
        Assert.Equal(network.Broker.Core.Signal.Size, beside.Core.Signal.Size); // And serves on what the other appends.
        Assert.False(beside.Core.Reach.IsLost);
    }

    // A broker that was overtaken by the other says to ask again.
    private static async Task<EnrolResponse> EnrolAsync(TestBroker broker, EnrolRequest request)
    {
        MembershipService.MembershipServiceClient client = new(broker.Connect(null));
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await client.EnrolAsync(request);
            }
            catch (RpcException overtaken) when (overtaken.StatusCode == StatusCode.Unavailable && attempt < 20)
            {
                await Task.Delay(50);
            }
        }
    }

    private async Task<TestNetwork> StartAsync() => await TestNetwork.StartAsync(options: options => options with { Store = _cluster.NewSchema() });
}
