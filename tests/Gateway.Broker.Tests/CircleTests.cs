using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class CircleTests
{
    [Fact]
    public async Task A_policy_that_breaks_a_rule_names_the_field()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        MembershipService.MembershipServiceClient client = new(network.Broker.ConnectAsOperator());
        ByteString stranger = ByteString.CopyFrom(new byte[16]);
        (string Field, Action<CirclePolicy> Break)[] breaches =
        [
            ("policy.circle_id", policy => policy.CircleId = stranger),
            ("policy.name", policy => policy.Name = "Retail Circle"),
            ("policy.name", policy => policy.Name = new string('a', 33)),
            ("policy.name", policy => policy.Name = "retail"),
            ("policy.purpose", policy => policy.Purpose = " "),
            ("policy.legal_basis", policy => policy.LegalBasis = new string('ä', 257)),
            ("policy.steward_id", policy => policy.StewardId = stranger),
            ("policy.founding_member_ids", policy => policy.FoundingMemberIds.RemoveAt(1)),
            ("policy.founding_member_ids", policy => policy.FoundingMemberIds.Add(policy.StewardId)),
            ("policy.founding_member_ids", policy => policy.FoundingMemberIds.Add(stranger)),
            ("policy.founding_member_ids", policy => policy.StewardId = ByteString.CopyFrom(network.Outsider.Id.ToArray())),
            ("policy.publishing_roles", policy => policy.PublishingRoles.Clear()),
            ("policy.reading_roles", policy => policy.ReadingRoles.Add(MemberRole.Unspecified)),
            ("policy.minimum_evidence_grade", policy => policy.MinimumEvidenceGrade = EvidenceGrade.Unspecified),
            ("policy.maximum_retention_days", policy => policy.MaximumRetentionDays = 3_651),
            ("policy.not_after_day", policy => (policy.NotBeforeDay, policy.NotAfterDay) = (20_001, 20_000)),
            ("policy.name_matching", policy => policy.NameMatching = NameMatching.Unspecified),
            ("policy.release_window_seconds", policy => policy.ReleaseWindowSeconds = 60),
        ];
        foreach ((string field, Action<CirclePolicy> breach) in breaches)
        {
            CirclePolicy policy = TestNetwork.PolicyOf("another", network.Steward, network.Second);
            breach(policy);
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await network.Broker.ProposeAsync(new Change { CirclePolicy = new CirclePolicyChange { Policy = policy } }));
            Assert.Equal(field, refused.ToRefusal("broker").Which);
        }

        await network.Broker.DecideAsync(new Change { CirclePolicy = new CirclePolicyChange { Policy = TestNetwork.PolicyOf("another", network.Steward, network.Second) } });
    }

    [Fact]
    public async Task Every_epoch_is_for_everyone_and_its_key_for_the_members()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        CircleKey first = network.Circle;
        await network.NextEpochAsync();
        FeedLeaf[] leaves = [.. (await network.ReadFeedAsync(network.Second)).SelectMany(message => message.Leaves)];
        int[] epochs = [.. leaves.Index().Where(leaf => !leaf.Item.Entry.IsEmpty && Entry.Parser.ParseFrom(leaf.Item.Entry).ContentCase == Entry.ContentOneofCase.KeyEpoch).Select(leaf => leaf.Index)];
        Assert.Equal(2, epochs.Length);
        Assert.All(epochs, epoch => Assert.True(LeafData.IsNetworkWide(leaves[epoch].LeafData.Span)));

        NetworkState state = NetworkState.Empty;
        foreach (FeedLeaf leaf in leaves) Assert.Null(state.TryApply(Entry.Parser.ParseFrom(leaf.Entry), leaf.Entry.Span, out state));
        Assert.Equal(1u, state.Circles[first.Circle].CurrentEpoch);
        KeyEpoch epoch = state.Circles[first.Circle].Epochs[1];
        Assert.True(network.Second.Keys.Box.TryOpen(epoch.SealedKeys.Single(key => key.MemberId.Span.SequenceEqual(network.Second.Id.ToArray())).SealedKey.Span, out byte[] opened));
        using CircleKey key = CircleKey.FromBytes(first.Circle, 1, opened);
        Assert.Equal(epoch.Commitment.ToByteArray(), key.Commitment.ToArray());
    }

    [Fact]
    public async Task Only_the_steward_proposes_and_only_the_next_epoch_for_exactly_the_members()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        using CircleKey next = CircleKey.Create(network.Circle.Circle, 1, RandomSource.System);
        using CircleKey later = CircleKey.Create(network.Circle.Circle, 2, RandomSource.System);
        TestMember[] members = [network.Steward, network.Second];
        await AssertRefusedAsync(network, network.Second, TestNetwork.Propose(network.Broker, next, network.Second, [], members), "STEWARD_ONLY");
        await AssertRefusedAsync(network, network.Steward, TestNetwork.Propose(network.Broker, network.Circle, network.Steward, [], members), "EPOCH_NOT_NEXT");
        await AssertRefusedAsync(network, network.Steward, TestNetwork.Propose(network.Broker, later, network.Steward, [], members), "EPOCH_NOT_NEXT");
        await AssertRefusedAsync(network, network.Steward, TestNetwork.Propose(network.Broker, next, network.Steward, [], [network.Steward, network.Second, network.Outsider]), "RECIPIENTS_INVALID");
        await AssertRefusedAsync(network, network.Steward, TestNetwork.Propose(network.Broker, next, network.Steward, [network.Outsider], members), "RECIPIENTS_INVALID");
        await AssertRefusedAsync(network, network.Steward, TestNetwork.Propose(network.Broker, next, network.Steward, [network.Second], members), "STATEMENT_CHANGES_NOTHING");

        ProposeEpochRequest forged = TestNetwork.Propose(network.Broker, next, network.Steward, [], members);
        forged.KeyEpoch = Statements.Sign(KeyEpoch.Parser.ParseFrom(forged.KeyEpoch.Body), network.Broker.GenesisHash, network.Steward.Id, network.Second.Keys.Member);
        await AssertRefusedAsync(network, network.Steward, forged, "STATEMENT_SIGNATURE");
        ProposeEpochRequest unrouted = TestNetwork.Propose(network.Broker, next, network.Steward, [], members);
        unrouted.RouteKey = ByteString.Empty;
        await AssertRefusedAsync(network, network.Steward, unrouted, "FIELD_LENGTH");
    }

    [Fact]
    public async Task A_second_member_signs_and_nobody_else_can()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        ulong before = broker.Core.Signal.Size;
        using CircleKey next = CircleKey.Create(network.Circle.Circle, 1, RandomSource.System);
        await Client(network.Steward).ProposeEpochAsync(TestNetwork.Propose(broker, next, network.Steward, [network.Outsider], [network.Steward, network.Second, network.Outsider]));
        Assert.Empty((await Client(network.Outsider).ListProposalsAsync(new ListProposalsRequest())).Proposals);
        Assert.Empty((await Client(network.Steward).ListProposalsAsync(new ListProposalsRequest())).Proposals);
        EpochProposal proposal = (await Client(network.Second).ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();

        await AssertSigningRefusedAsync(network.Outsider, TestNetwork.Countersign(broker, next, network.Outsider, proposal), "SECOND_MEMBER_ONLY");
        await AssertSigningRefusedAsync(network.Steward, TestNetwork.Countersign(broker, next, network.Steward, proposal), "SECOND_MEMBER_ONLY");
        await AssertSigningRefusedAsync(network.Second, TestNetwork.Countersign(broker, next, network.Outsider, proposal), "STATEMENT_SIGNATURE");
        CountersignEpochRequest half = TestNetwork.Countersign(broker, next, network.Second, proposal);
        half.CircleMemberSignatures.Clear();
        await AssertSigningRefusedAsync(network.Second, half, "SIGNATURES_MISSING");
        Assert.Equal(before, broker.Core.Signal.Size);

        CountersignEpochRequest whole = TestNetwork.Countersign(broker, next, network.Second, proposal);
        await Client(network.Second).CountersignEpochAsync(whole);
        await Client(network.Second).CountersignEpochAsync(whole);
        Assert.Equal(before + 2, broker.Core.Signal.Size);
        Assert.Contains(network.Outsider.Id, broker.Core.View.Current.Circles[next.Circle].Members);
        Assert.Empty((await Client(network.Second).ListProposalsAsync(new ListProposalsRequest())).Proposals);

        // Who has just been admitted gets the entries of the circle's leaves, the epoch that admits it among them.
        FeedLeaf[] leaves = [.. (await network.ReadFeedAsync(network.Outsider, before)).SelectMany(message => message.Leaves)];
        Assert.Equal([Entry.ContentOneofCase.CircleMember, Entry.ContentOneofCase.KeyEpoch], leaves.Select(leaf => Entry.Parser.ParseFrom(leaf.Entry).ContentCase));

        MembershipService.MembershipServiceClient Client(TestMember member) => new(member.Connect(broker));

        async Task AssertSigningRefusedAsync(TestMember member, CountersignEpochRequest request, string code)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await Client(member).CountersignEpochAsync(request));
            Assert.Equal(code, refused.ToRefusal("broker").Code);
        }
    }

    [Fact]
    public async Task A_route_key_that_changes_after_it_was_checked_is_not_signed()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        MembershipService.MembershipServiceClient steward = new(network.Steward.Connect(network.Broker)), second = new(network.Second.Connect(network.Broker));
        using CircleKey next = CircleKey.Create(network.Circle.Circle, 1, RandomSource.System);
        ProposeEpochRequest request = TestNetwork.Propose(network.Broker, next, network.Steward, [], [network.Steward, network.Second]);
        await steward.ProposeEpochAsync(request);
        EpochProposal seen = (await second.ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();
        Assert.Equal(next.RouteKey.ToArray(), seen.RouteKey.ToByteArray());

        request.RouteKey = ByteString.CopyFrom(network.Circle.RouteKey.ToArray());
        await steward.ProposeEpochAsync(request);
        ulong before = network.Broker.Core.Signal.Size;
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await second.CountersignEpochAsync(TestNetwork.Countersign(network.Broker, next, network.Second, seen)));
        Assert.Equal((StatusCode.FailedPrecondition, "PROPOSAL_CHANGED"), (refused.StatusCode, refused.ToRefusal("broker").Code));
        Assert.Equal(before, network.Broker.Core.Signal.Size);

        EpochProposal changed = (await second.ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();
        Assert.Equal(request.RouteKey, changed.RouteKey);
        await second.CountersignEpochAsync(TestNetwork.Countersign(network.Broker, next, network.Second, changed));
        Assert.Equal(before + 1, network.Broker.Core.Signal.Size);
    }

    private static async Task AssertRefusedAsync(TestNetwork network, TestMember member, ProposeEpochRequest request, string code)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new MembershipService.MembershipServiceClient(member.Connect(network.Broker)).ProposeEpochAsync(request));
        Assert.Equal(code, refused.ToRefusal("broker").Code);
    }
}
