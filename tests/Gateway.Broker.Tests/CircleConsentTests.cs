using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Tests;

public sealed class CircleConsentTests
{
    [Fact]
    public async Task A_member_accepts_for_itself_and_the_steward_alone_learns_of_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        SignedStatement acceptance = Acceptance(network, network.Outsider);
        await AssertRefusedAsync(network.Second, acceptance, "OTHER_MEMBER");
        await AssertRefusedAsync(network.Outsider, CircleConsent.Accept(State(network), Circle(network), network.Outsider.Id, [], network.Second.Keys.Member), "ACCEPTANCE_INVALID");
        await AssertRefusedAsync(network.Outsider, CircleConsent.Accept(State(network), Circle(network), network.Outsider.Id, [network.Outsider.Id], network.Outsider.Keys.Member), "ACCEPTANCE_INVALID");
        await AssertRefusedAsync(network.Second, Acceptance(network, network.Second), "CIRCLE_JOINED");
        Assert.Empty((await Client(network, network.Steward).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Acceptances);

        await Client(network, network.Outsider).AcceptCircleAsync(new AcceptCircleRequest { Acceptance = acceptance });
        await Client(network, network.Outsider).AcceptCircleAsync(new AcceptCircleRequest { Acceptance = acceptance });
        Assert.Equal(acceptance, Assert.Single((await Client(network, network.Steward).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Acceptances));
        Assert.Empty((await Client(network, network.Second).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Acceptances);
        await network.Broker.RestartAsync();
        Assert.Single((await Client(network, network.Steward).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Acceptances);
        await network.JoinAsync(network.Outsider, network.Circle);
        Assert.Empty((await Client(network, network.Steward).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Acceptances);

        async Task AssertRefusedAsync(TestMember member, SignedStatement statement, string code)
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await Client(network, member).AcceptCircleAsync(new AcceptCircleRequest { Acceptance = statement }));
            Assert.Equal(code, refused.ToRefusal("broker").Code);
        }
    }

    [Fact]
    public async Task A_member_leaves_for_itself_until_it_has_left()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await network.JoinAsync(network.Outsider, network.Circle);
        SignedStatement departure = CircleConsent.Leave(State(network), Circle(network), network.Outsider.Id, network.Outsider.Keys.Member);
        RpcException other = await Assert.ThrowsAsync<RpcException>(async () => await Client(network, network.Second).LeaveCircleAsync(new LeaveCircleRequest { Departure = departure }));
        Assert.Equal("OTHER_MEMBER", other.ToRefusal("broker").Code);
        await Client(network, network.Outsider).LeaveCircleAsync(new LeaveCircleRequest { Departure = departure });
        Assert.Equal(departure, Assert.Single((await Client(network, network.Steward).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Departures));
        await network.RemoveAsync(network.Outsider);
        Assert.Empty((await Client(network, network.Steward).ListCircleStatementsAsync(new ListCircleStatementsRequest())).Departures);
        RpcException gone = await Assert.ThrowsAsync<RpcException>(async () => await Client(network, network.Outsider).LeaveCircleAsync(new LeaveCircleRequest { Departure = departure }));
        Assert.Equal("DEPARTURE_INVALID", gone.ToRefusal("broker").Code);
    }

    [Fact]
    public async Task A_proposal_that_adds_who_has_not_accepted_or_grants_amiss_is_refused()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestMember[] all = [network.Steward, network.Second, network.Outsider];
        using CircleKey next = CircleKey.Create(network.Circle.Circle, 1, RandomSource.System);
        ProposeEpochRequest request = TestNetwork.Propose(network.Broker, next, network.Steward, [network.Outsider], all, granted: [network.Circle]);
        await AssertRefusedAsync("ACCEPTANCE_INVALID", changed => changed.CircleMembers[0] = Resigned(changed.CircleMembers[0], change => change.Acceptance = null));
        await AssertRefusedAsync("ACCEPTANCE_INVALID", changed => changed.CircleMembers[0] = Resigned(changed.CircleMembers[0], change => change.Acceptance.Signatures[0].Signature = change.Acceptance.Signatures[0].MemberId));
        await AssertRefusedAsync("STATEMENT_UNREADABLE", changed => changed.CircleMembers[0] = Resigned(changed.CircleMembers[0], change => change.Epoch = 2));
        await AssertRefusedAsync("STATEMENT_UNREADABLE", changed => changed.KeyGrant = Regranted(changed.KeyGrant, grant => grant.Epoch = 2));
        await AssertRefusedAsync("GRANT_INVALID", changed => changed.KeyGrant = Regranted(changed.KeyGrant, grant => grant.GrantedKeys[0].Epoch = 1));
        await AssertRefusedAsync("GRANT_INVALID", changed => changed.KeyGrant = Regranted(changed.KeyGrant, grant => grant.GrantedKeys[0].MemberId = new MemberId().ToByteString()));
        await AssertRefusedAsync("STATEMENT_SIGNATURE", changed => changed.KeyGrant.Signatures.Clear());

        await Client(network, network.Steward).ProposeEpochAsync(request);
        EpochProposal proposal = (await Client(network, network.Second).ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();
        Assert.Equal(request.KeyGrant, proposal.KeyGrant);
        CountersignEpochRequest signed = TestNetwork.Countersign(network.Broker, next, network.Second, proposal);
        CountersignEpochRequest half = signed.Clone();
        half.KeyGrantSignature = null;
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await Client(network, network.Second).CountersignEpochAsync(half));
        Assert.Equal("STATEMENT_SIGNATURE", refused.ToRefusal("broker").Code);
        await Client(network, network.Second).CountersignEpochAsync(signed);
        Assert.Single(Circle(network).Grants);

        async Task AssertRefusedAsync(string code, Action<ProposeEpochRequest> change)
        {
            ProposeEpochRequest changed = request.Clone();
            change(changed);
            RpcException refusal = await Assert.ThrowsAsync<RpcException>(async () => await Client(network, network.Steward).ProposeEpochAsync(changed));
            Assert.Equal(code, refusal.ToRefusal("broker").Code);
        }

        SignedStatement Resigned(SignedStatement statement, Action<CircleMember> change)
        {
            CircleMember changed = CircleMember.Parser.ParseFrom(statement.Body);
            change(changed);
            return Statements.Sign(changed, network.Broker.GenesisHash, network.Steward.Id, network.Steward.Keys.Member);
        }

        SignedStatement Regranted(SignedStatement statement, Action<KeyGrant> change)
        {
            KeyGrant changed = KeyGrant.Parser.ParseFrom(statement.Body);
            change(changed);
            return Statements.Sign(changed, network.Broker.GenesisHash, network.Steward.Id, network.Steward.Keys.Member);
        }
    }

    [Fact]
    public async Task Who_is_being_removed_does_not_sign_for_the_epoch_without_it()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        await network.JoinAsync(network.Outsider, network.Circle);
        using CircleKey next = CircleKey.Create(network.Circle.Circle, 2, RandomSource.System);
        await Client(network, network.Steward).ProposeEpochAsync(TestNetwork.Propose(network.Broker, next, network.Steward, [], [network.Steward, network.Second], removed: [network.Outsider]));
        Assert.Empty((await Client(network, network.Outsider).ListProposalsAsync(new ListProposalsRequest())).Proposals);
        EpochProposal proposal = (await Client(network, network.Second).ListProposalsAsync(new ListProposalsRequest())).Proposals.Single();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await Client(network, network.Outsider).CountersignEpochAsync(TestNetwork.Countersign(network.Broker, next, network.Outsider, proposal)));
        Assert.Equal("SECOND_MEMBER_ONLY", refused.ToRefusal("broker").Code);
    }

    private static NetworkState State(TestNetwork network) => network.Broker.Core.View.Current;

    private static NetworkCircle Circle(TestNetwork network) => State(network).Circles[network.Circle.Circle];

    private static SignedStatement Acceptance(TestNetwork network, TestMember member) => CircleConsent.Accept(State(network), Circle(network), member.Id, [], member.Keys.Member);

    private static MembershipService.MembershipServiceClient Client(TestNetwork network, TestMember member) => new(member.Connect(network.Broker));
}
