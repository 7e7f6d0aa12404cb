using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests.Evaluators;

/// <summary>Whom an evaluator serves, by the log it has read itself, and what the broker lets an evaluator do.</summary>
public sealed class EvaluatorAccessTests
{
    [Fact]
    public async Task An_evaluator_serves_the_members_of_the_log_and_nobody_else()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(broker);
        await second.ShareAsync();
        TestMember late = await TestMember.EnrolAsync(broker, "Late Retail", MemberRole.Retailer);
        await second.CaughtUpAsync();
        await Evaluating.EvaluateAsync(late, broker, second, broker.Core.View.Current.OprfKeys!, "alpha");
        using X509Certificate2 asOperator = broker.CertificateOf(TestBroker.FirstOperator);
        Assert.Equal("OPERATOR_REMOVED", await SharingTests.RefusedAsync(() => AskAsync(second, asOperator)));
        Assert.Equal("MEMBERS_ONLY", await SharingTests.RefusedAsync(() => AskAsync(second, second.Certificate)));

        await broker.DecideAsync(new Change { Expulsion = new ExpulsionChange { MemberId = ByteString.CopyFrom(late.Id.ToArray()), Reason = MembershipReason.RulesBroken } });
        await second.CaughtUpAsync();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync(second, late.Certificate));
        Assert.True(refused.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated, refused.ToString());
    }

    [Fact]
    public async Task An_evaluator_that_hears_nothing_of_the_log_stops_until_it_does()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker);
        await second.ShareAsync();
        await AskAsync(second, network.Steward.Certificate);
        network.Broker.Time.Advance(second.Options.MaximumLogAge + TimeSpan.FromSeconds(1));
        Assert.Equal("EVALUATOR_BEHIND", await SharingTests.RefusedAsync(() => AskAsync(second, network.Steward.Certificate)));
        await second.Work.RunOnceAsync(CancellationToken.None);
        await AskAsync(second, network.Steward.Certificate);
    }

    [Fact]
    public async Task An_evaluator_counts_by_itself_and_tells_members_so()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker, quotas: new QuotaOptions { StrongPerDay = 2 });
        await second.ShareAsync();
        await AskAsync(second, network.Steward.Certificate);
        await second.RestartAsync();
        await AskAsync(second, network.Steward.Certificate);
        Assert.Equal("QUOTA_EXHAUSTED", await SharingTests.RefusedAsync(() => AskAsync(second, network.Steward.Certificate)));
        await AskAsync(second, network.Second.Certificate);
        GetUsageResponse usage = await new PseudonymsService.PseudonymsServiceClient(second.Connect(network.Steward.Certificate)).GetUsageAsync(new GetUsageRequest());
        QuotaUse strong = usage.Quotas.Single(use => use.Quota == Quota.Strong);
        Assert.Equal((2ul, 2ul), (strong.UsedToday, strong.DayLimit));
    }

    [Fact]
    public async Task The_broker_shows_an_evaluator_the_whole_tree_and_network_wide_entries_only()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await network.PublishOneAsync(network.Steward, network.Seal(network.Steward));
        await network.NextEpochAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker);
        ulong size = network.Broker.Core.Signal.Size;
        Assert.Equal(size, second.Core.Log.Size);
        using AsyncServerStreamingCall<FollowResponse> call = new ExchangeService.ExchangeServiceClient(network.Broker.Connect(second.Certificate)).Follow(new FollowRequest());
        List<FeedLeaf> leaves = [];
        while ((ulong)leaves.Count < size && await call.ResponseStream.MoveNext(CancellationToken.None)) leaves.AddRange(call.ResponseStream.Current.Leaves);
        Assert.All(leaves, leaf => Assert.Equal(LeafData.IsNetworkWide(leaf.LeafData.Span), !leaf.Entry.IsEmpty));
        Assert.All(leaves, leaf => Assert.True(leaf.Item.IsEmpty));
        Assert.Contains(leaves, leaf => leaf.Entry.IsEmpty);

        CallInvoker invoker = network.Broker.Connect(second.Certificate).CreateCallInvoker();
        Assert.Equal("MEMBERS_ONLY", await SharingTests.RefusedAsync(() => new PseudonymsService.PseudonymsServiceClient(invoker).EvaluateAsync(new EvaluateRequest()).ResponseAsync));
        Assert.Equal("OPERATORS_ONLY", await SharingTests.RefusedAsync(() => new OperationsService.OperationsServiceClient(invoker).GetBrokerStatusAsync(new GetBrokerStatusRequest()).ResponseAsync));
        CallInvoker asMember = network.Steward.Connect(network.Broker).CreateCallInvoker();
        Assert.Equal("EVALUATORS_ONLY", await SharingTests.RefusedAsync(() => new EvaluatorsService.EvaluatorsServiceClient(asMember).GetShareOfferAsync(new GetShareOfferRequest()).ResponseAsync));
    }

    [Fact]
    public async Task An_evaluators_name_is_given_once_and_its_certificate_is_renewed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker);
        EvaluatorsService.EvaluatorsServiceClient asOperator = new(network.Broker.ConnectAsOperator());
        AdmitEvaluatorRequest again = TestEvaluator.Admission(EvaluatorRequestFile.Parse(await File.ReadAllTextAsync(second.Options.Files.Request)));
        await asOperator.AdmitEvaluatorAsync(again);
        using BoxKey other = BoxKey.FromSeed(RandomSource.System.GetBytes(BoxKey.SeedSize));
        again.BoxPk = ByteString.CopyFrom(other.PublicKey.ToArray());
        Assert.Equal("EVALUATOR_EXISTS", await SharingTests.RefusedAsync(() => asOperator.AdmitEvaluatorAsync(again).ResponseAsync));
        foreach ((string code, Action<AdmitEvaluatorRequest> change) in new (string, Action<AdmitEvaluatorRequest>)[]
        {
            ("EVALUATOR_NAME_INVALID", request => request.Name = OprfKeySet.Broker),
            ("EVALUATOR_ADDRESS_INVALID", request => request.Address = "http://localhost:1"),
            ("BOX_KEY_INVALID", request => request.BoxPk = ByteString.CopyFrom(new byte[32])),
            ("CERTIFICATE_REQUEST_INVALID", request => request.CertificateRequest = ByteString.CopyFrom(1, 2, 3)),
        })
        {
            AdmitEvaluatorRequest wrong = again.Clone();
            wrong.Name = "third";
            change(wrong);
            Assert.Equal(code, await SharingTests.RefusedAsync(() => asOperator.AdmitEvaluatorAsync(wrong).ResponseAsync));
        }

        DateTime first = second.Certificate.NotAfter;
        network.Broker.Time.Advance(TimeSpan.FromDays(16)); // Past half of the certificate's 30 days.
        await second.Work.RunOnceAsync(CancellationToken.None);
        Assert.True(second.Certificate.NotAfter > first.AddDays(10), $"{second.Certificate.NotAfter} after {first}");
    }

    [Fact]
    public async Task A_log_once_seen_is_not_taken_back()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await using TestEvaluator second = await TestEvaluator.StartAsync(network.Broker);
        IReadOnlyList<FollowResponse> shorter = await network.ReadFeedAsync(network.Steward);
        await network.Broker.ProposeAsync(new Change { Suspension = new SuspensionChange { MemberId = ByteString.CopyFrom(network.Outsider.Id.ToArray()), Reason = MembershipReason.RulesBroken } });
        await second.CaughtUpAsync();
        await second.StopAsync();

        EvaluatorLog log = new(second.Options.Files, Convert.FromHexString(second.Options.GenesisHash), network.Broker.Time);
        foreach (FollowResponse message in shorter) log.Take(message);
        Assert.Null(log.ConfirmedAt); // It serves nobody: of who was suspended since it knows nothing.
        Assert.Equal("LOG_ROLLED_BACK", Assert.Throws<RefusalException>(() => log.Confirm(shorter[^1].Checkpoint)).Refusal.Code);

        EvaluatorLog elsewhere = new(second.Options.Files, new byte[32], network.Broker.Time);
        Assert.Equal("GENESIS_FOREIGN", Assert.Throws<RefusalException>(() => elsewhere.Take(shorter[0])).Refusal.Code);
        FollowResponse hidden = shorter[0].Clone();
        hidden.Leaves[1].Entry = ByteString.Empty;
        Assert.Equal("ENTRY_HIDDEN", Assert.Throws<RefusalException>(() => new EvaluatorLog(second.Options.Files, network.Broker.GenesisHash, network.Broker.Time).Take(hidden)).Refusal.Code);
        FollowResponse altered = shorter[0].Clone();
        altered.Leaves[1].Salt = ByteString.CopyFrom(new byte[16]);
        Assert.Equal("ENTRY_ALTERED", Assert.Throws<RefusalException>(() => new EvaluatorLog(second.Options.Files, network.Broker.GenesisHash, network.Broker.Time).Take(altered)).Refusal.Code);
    }

    private static async Task AskAsync(TestEvaluator evaluator, X509Certificate2 shown)
    {
        using BlindedInput blinded = new VoprfClient(RandomSource.System).Blind(Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()));
        EvaluatorKeys keys = OprfKeySet.Find(evaluator.Core.Log.View.Current.OprfKeys!, evaluator.Options.Name)!;
        await Evaluating.AskAsync(new PseudonymsService.PseudonymsServiceClient(evaluator.Connect(shown)), keys, 1, blinded.Element);
    }
}
