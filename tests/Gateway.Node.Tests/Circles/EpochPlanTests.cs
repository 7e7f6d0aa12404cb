using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Circles;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;

namespace Gateway.Node.Tests.Circles;

/// <summary>What a steward makes of what a broker shows it. The broker of these tests is dishonest: it writes the log's policies and hands over whatever statements it likes.</summary>
public sealed class EpochPlanTests
{
    private readonly TestLog _log = new(UtcDay.Of(DateTimeOffset.UtcNow));

    [Fact]
    public void A_ghost_that_the_policy_names_and_that_accepts_gets_no_key_unless_the_officer_confirms_it()
    {
        NetworkCircle circle = Proposed("new", _log.Steward, _log.Second, _log.Outsider);
        SignedStatement[] accepted = [Accepts(circle, _log.Steward, _log.Steward, _log.Second), Accepts(circle, _log.Second), Accepts(circle, _log.Outsider)];
        EpochPlan plan = Plan(circle, [Order(circle, _log.Steward), Order(circle, _log.Second)], accepted)!;
        ProposeEpochRequest request = Propose(plan);
        MemberId[] recipients = [.. KeyEpoch.Parser.ParseFrom(request.KeyEpoch.Body).SealedKeys.Select(key => MemberId.FromBytes(key.MemberId.Span))];
        Assert.Equal(new[] { _log.Steward.Id, _log.Second.Id }.Order(), recipients);
        Assert.DoesNotContain(request.CircleMembers, change => CircleMember.Parser.ParseFrom(change.Body).MemberId == _log.Outsider.IdBytes);
        Assert.False(OpensFor(_log.Outsider, request));
        Assert.True(OpensFor(_log.Second, request));
    }

    [Fact]
    public void The_first_key_waits_until_all_whom_the_officer_confirmed_have_accepted_themselves()
    {
        NetworkCircle circle = Proposed("new", _log.Steward, _log.Second);
        NetworkCircle other = Proposed("other", _log.Steward, _log.Second);
        StoredCircleOrder[] orders = [Order(circle, _log.Steward), Order(circle, _log.Second)];
        SignedStatement mine = Accepts(circle, _log.Steward, _log.Steward, _log.Second);
        Assert.Null(Plan(circle, orders, [mine]));
        Assert.Null(Plan(circle, [], [mine, Accepts(circle, _log.Second)]));

        // Forged by a ghost, of another circle, of another policy.
        Assert.Null(Plan(circle, orders, [mine, CircleConsent.Accept(_log.State, circle, _log.Second.Id, [], _log.Outsider.Keys.Member)]));
        Assert.Null(Plan(circle, orders, [mine, Accepts(other, _log.Second)]));
        Assert.Null(Plan(circle, orders, [mine, Accepts(circle with { PolicyHash = RandomNumberGenerator.GetBytes(32) }, _log.Second)]));

        // The steward's own word of before, which names others than its officer confirmed last.
        Assert.Null(Plan(circle, orders, [Accepts(circle, _log.Steward, _log.Steward, _log.Second, _log.Outsider), Accepts(circle, _log.Second)]));
        Assert.NotNull(Plan(circle, orders, [mine, Accepts(circle, _log.Second)]));
    }

    [Fact]
    public void Who_is_invited_and_accepts_comes_in_with_the_next_key_and_nobody_else()
    {
        NetworkCircle circle = _log.State.FindCircle("retail")!;
        SignedStatement accepted = Accepts(circle, _log.Outsider);
        Assert.Null(Plan(circle, [], [accepted]));
        Assert.Null(Plan(circle, [Order(circle, _log.Outsider)], []));
        Assert.Null(Plan(circle, [Order(circle, _log.Outsider)], [CircleConsent.Accept(_log.State, circle, _log.Outsider.Id, [], _log.Second.Keys.Member)]));

        ProposeEpochRequest request = Propose(Plan(circle, [Order(circle, _log.Outsider)], [accepted])!, _log.Circle);
        Assert.Equal(3, KeyEpoch.Parser.ParseFrom(request.KeyEpoch.Body).SealedKeys.Count);
        GrantedKey granted = Assert.Single(KeyGrant.Parser.ParseFrom(request.KeyGrant.Body).GrantedKeys);
        Assert.Equal((_log.Outsider.IdBytes, 0u), (granted.MemberId, granted.Epoch));
        Assert.True(_log.Outsider.Keys.Box.TryOpen(granted.SealedKey.Span, out byte[] key));
        Assert.Equal(_log.Circle.Commitment.ToArray(), CircleKey.FromBytes(circle.Id, 0, key).Commitment.ToArray());
    }

    [Fact]
    public void An_old_invitation_and_an_old_acceptance_are_spent_by_the_removal()
    {
        NetworkCircle before = _log.State.FindCircle("retail")!;
        StoredCircleOrder order = Order(before, _log.Outsider);
        SignedStatement accepted = Accepts(before, _log.Outsider);
        Admit(_log.Outsider);
        _log.RemoveMember(before.Id, 2, _log.Outsider, _log.Steward, _log.Second);
        _log.AddEpoch(before.Id, 2, _log.Steward, _log.Second);
        NetworkCircle now = _log.State.FindCircle("retail")!;
        Assert.False(CircleConsent.IsNewer(order.Epoch, order.Member, now));
        Assert.Null(Plan(now, [Order(now, _log.Outsider)], [accepted]));
        Assert.NotNull(Plan(now, [Order(now, _log.Outsider)], [Accepts(now, _log.Outsider)]));
    }

    [Fact]
    public void Removals_departures_and_admissions_go_into_one_epoch()
    {
        NetworkCircle circle = Founded(_log.Steward, _log.Second, _log.Outsider);
        TestParty fourth = Joined("Fourth Retail");
        circle = _log.State.Circles[circle.Id];
        StoredCircleOrder removal = Order(circle, _log.Outsider) with { Change = CircleMemberChange.Removed, Reason = MembershipReason.RulesBroken };
        ListCircleStatementsResponse waiting = new() { Acceptances = { Accepts(circle, fourth) } };
        EpochPlan plan = EpochPlan.Of(circle, _log.State, _log.Steward.Id, [removal, Order(circle, fourth)], waiting, int.MaxValue)!;
        ProposeEpochRequest request = Propose(plan);
        Assert.Equal(
            [(CircleMemberChange.Removed, MembershipReason.RulesBroken), (CircleMemberChange.Added, MembershipReason.Unspecified)],
            request.CircleMembers.Select(change => CircleMember.Parser.ParseFrom(change.Body)).Select(change => (change.Change, change.Reason)));
        Assert.True(OpensFor(fourth, request));
        Assert.False(OpensFor(_log.Outsider, request));

        waiting.Departures.Add(CircleConsent.Leave(_log.State, circle, _log.Outsider.Id, _log.Outsider.Keys.Member));
        waiting.Departures.Add(CircleConsent.Leave(_log.State, circle, _log.Second.Id, _log.Outsider.Keys.Member)); // Forged: it stays.
        plan = EpochPlan.Of(circle, _log.State, _log.Steward.Id, [], waiting, int.MaxValue)!;
        Assert.Equal(MembershipReason.Requested, CircleMember.Parser.ParseFrom(Assert.Single(Propose(plan).CircleMembers).Body).Reason);
        Assert.True(OpensFor(_log.Second, Propose(plan)));
    }

    [Fact]
    public void The_next_epoch_is_due_by_itself_when_the_key_is_sealed_to_who_is_gone()
    {
        NetworkCircle circle = Founded(_log.Steward, _log.Second, _log.Outsider);
        Assert.Null(Plan(circle, [], []));
        _log.Add(new Entry { MemberExpelled = new MemberExpelled { MemberId = _log.Outsider.IdBytes, Reason = MembershipReason.RulesBroken } });
        ProposeEpochRequest request = Propose(Plan(_log.State.Circles[circle.Id], [], [])!);
        Assert.Empty(request.CircleMembers);
        Assert.False(OpensFor(_log.Outsider, request));
    }

    [Fact]
    public void A_circle_of_two_cannot_lose_its_second_member()
    {
        NetworkCircle circle = _log.State.FindCircle("retail")!;
        Assert.Null(Plan(circle, [Order(circle, _log.Second) with { Change = CircleMemberChange.Removed }], []));
    }

    private NetworkCircle Proposed(string name, params TestParty[] founders)
    {
        CirclePolicy policy = _log.State.FindCircle("retail")!.Policy.Clone();
        policy.CircleId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        policy.Name = name;
        policy.StewardId = founders[0].IdBytes;
        policy.FoundingMemberIds.Clear();
        policy.FoundingMemberIds.AddRange(founders.Select(founder => founder.IdBytes));
        _log.Add(new Entry { CirclePolicy = policy });
        return _log.State.FindCircle(name)!;
    }

    private NetworkCircle Founded(params TestParty[] founders)
    {
        CircleKey key = _log.AddCircle("three", null, founders);
        return _log.State.Circles[key.Circle];
    }

    private TestParty Joined(string name)
    {
        TestParty party = new(name, MemberRole.Retailer);
        SignedStatement statement = Statements.Sign(party.Joined, _log.GenesisHash.Span, party.Id, party.Keys.Member);
        foreach (TestParty sponsor in new[] { _log.Steward, _log.Second }) statement.Signatures.Add(Statements.Sign(nameof(MemberJoined), statement.Body.Span, _log.GenesisHash.Span, sponsor.Id, sponsor.Keys.Member));
        _log.Add(new Entry { MemberJoined = statement });
        return party;
    }

    private void Admit(TestParty joining)
    {
        _log.AddMember(_log.Circle.Circle, 1, joining, _log.Steward, _log.Second);
        _log.AddEpoch(_log.Circle.Circle, 1, _log.Steward, _log.Second, joining);
    }

    private SignedStatement Accepts(NetworkCircle circle, TestParty party, params TestParty[] confirmed) => CircleConsent.Accept(_log.State, circle, party.Id, confirmed.Select(one => one.Id), party.Keys.Member);

    private static StoredCircleOrder Order(NetworkCircle circle, TestParty about) =>
        new(circle.Id, about.Id, CircleMemberChange.Added, (uint)circle.Epochs.Count, MembershipReason.Unspecified, DateTimeOffset.UtcNow);

    private EpochPlan? Plan(NetworkCircle circle, StoredCircleOrder[] orders, SignedStatement[] accepted) =>
        EpochPlan.Of(circle, _log.State, _log.Steward.Id, orders, new ListCircleStatementsResponse { Acceptances = { accepted } }, int.MaxValue);

    private ProposeEpochRequest Propose(EpochPlan plan, params CircleKey[] granted) => plan.Propose(_log.State, _log.Steward.Id, _log.Steward.Keys.Member, granted, RandomSource.System);

    private static bool OpensFor(TestParty party, ProposeEpochRequest request) =>
        KeyEpoch.Parser.ParseFrom(request.KeyEpoch.Body).SealedKeys.Any(key => party.Keys.Box.TryOpen(key.SealedKey.Span, out _));
}
