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

/// <summary>What a second member signs. Broker and steward of these tests may both be dishonest.</summary>
public sealed class ProposalCheckTests
{
    private readonly TestLog _log = new(UtcDay.Of(DateTimeOffset.UtcNow));

    [Fact]
    public void An_honest_admission_is_signed()
    {
        EpochProposal proposal = Admission();
        Assert.Null(FaultOf(proposal));
        Assert.Contains("as second", FaultOf(proposal, _log.Steward), StringComparison.Ordinal);
        Assert.Contains("as second", FaultOf(proposal, _log.Outsider), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_is_let_in_without_its_own_acceptance_of_this_circle_and_policy()
    {
        NetworkCircle circle = Circle;
        SignedStatement forged = CircleConsent.Accept(_log.State, circle, _log.Outsider.Id, [], _log.Steward.Keys.Member);
        SignedStatement older = CircleConsent.Accept(_log.State, circle with { PolicyHash = new byte[32] }, _log.Outsider.Id, [], _log.Outsider.Keys.Member);
        SignedStatement elsewhere = CircleConsent.Accept(_log.State, circle with { Id = CircleId.FromBytes(new byte[16]) }, _log.Outsider.Id, [], _log.Outsider.Keys.Member);
        SignedStatement anothers = CircleConsent.Accept(_log.State, circle, _log.Second.Id, [], _log.Second.Keys.Member);
        foreach (SignedStatement? acceptance in new[] { null, forged, older, elsewhere })
        {
            Assert.Contains("not accepted", FaultOf(Changed(change => change.Acceptance = acceptance)), StringComparison.Ordinal);
        }

        Assert.Contains("another's", FaultOf(Changed(change => change.Acceptance = anothers)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ghost_among_the_recipients_is_not_signed_for()
    {
        EpochProposal unannounced = Admission();
        unannounced.CircleMembers.Clear();
        Assert.Contains("others than its members", FaultOf(unannounced), StringComparison.Ordinal);
        EpochProposal ghost = Admission();
        ghost.KeyEpoch = Resigned<KeyEpoch>(ghost.KeyEpoch, KeyEpoch.Parser, epoch => epoch.SealedKeys.Add(new SealedCircleKey { MemberId = ByteString.CopyFrom(new byte[16]), SealedKey = epoch.SealedKeys[0].SealedKey }));
        Assert.Contains("others than its members", FaultOf(ghost), StringComparison.Ordinal);
        EpochProposal left = Admission();
        left.KeyEpoch = Resigned<KeyEpoch>(left.KeyEpoch, KeyEpoch.Parser, epoch => epoch.SealedKeys.RemoveAt(0));
        Assert.Contains("others than its members", FaultOf(left), StringComparison.Ordinal);
        Assert.Contains("not one the steward signed", FaultOf(Changed(change => change.MemberId = ByteString.CopyFrom(new byte[16]))), StringComparison.Ordinal);
    }

    [Fact]
    public void Statements_of_other_epochs_circles_and_signers_are_not_signed()
    {
        Assert.Contains("not one the steward signed", FaultOf(Changed(change => change.Epoch = 2)), StringComparison.Ordinal);
        Assert.Contains("not one the steward signed", FaultOf(Changed(change => change.CircleId = ByteString.CopyFrom(new byte[16]))), StringComparison.Ordinal);
        Assert.Contains("changes nothing", FaultOf(Changed(change => (change.MemberId, change.Acceptance) = (_log.Second.IdBytes, null))), StringComparison.Ordinal);
        EpochProposal forged = Admission();
        forged.KeyEpoch.Signatures[0].Signature = ByteString.CopyFrom(new byte[64]);
        Assert.Contains("did not sign its key", FaultOf(forged), StringComparison.Ordinal);
        EpochProposal unsigned = Admission();
        unsigned.CircleMembers[0].Signatures.Clear();
        Assert.Contains("not one the steward signed", FaultOf(unsigned), StringComparison.Ordinal);

        // An epoch that has begun is not signed again.
        EpochProposal admission = Admission();
        _log.AddEpoch(Circle.Id, 1, _log.Steward, _log.Second);
        Assert.Contains("is not next", FaultOf(admission), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_not_the_one_committed_to_or_another_routing_key_is_not_signed()
    {
        EpochProposal other = Admission();
        other.KeyEpoch = Resigned<KeyEpoch>(other.KeyEpoch, KeyEpoch.Parser, epoch => epoch.Commitment = ByteString.CopyFrom(new byte[32]));
        Assert.Contains("not the one committed to", FaultOf(other), StringComparison.Ordinal);
        EpochProposal misrouted = Admission();
        misrouted.RouteKey = ByteString.CopyFrom(_log.Circle.RouteKey.ToArray());
        Assert.Contains("routing key", FaultOf(misrouted), StringComparison.Ordinal);
    }

    [Fact]
    public void A_grant_is_for_who_comes_in_and_of_epochs_there_have_been()
    {
        Action<KeyGrant>[] wrong =
        [
            grant => grant.Epoch = 2, grant => grant.GrantedKeys[0].Epoch = 1, grant => grant.GrantedKeys[0].MemberId = _log.Second.IdBytes, grant => grant.GrantedKeys[0].SealedKey = ByteString.CopyFrom(new byte[79]),
            grant => grant.GrantedKeys.Add(grant.GrantedKeys[0]), grant => grant.CircleId = ByteString.CopyFrom(new byte[16]), grant => grant.GrantedKeys.Clear(),
        ];
        foreach (Action<KeyGrant> change in wrong)
        {
            EpochProposal proposal = Admission();
            proposal.KeyGrant = Resigned(proposal.KeyGrant, KeyGrant.Parser, change);
            Assert.Contains("grant", FaultOf(proposal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_first_key_is_signed_for_exactly_whom_the_stewards_officer_confirmed()
    {
        CirclePolicy policy = Circle.Policy.Clone();
        policy.CircleId = ByteString.CopyFrom(new byte[16]);
        policy.Name = "new";
        policy.FoundingMemberIds.Add(_log.Outsider.IdBytes);
        _log.Add(new Entry { CirclePolicy = policy });
        NetworkCircle circle = _log.State.FindCircle("new")!;
        TestParty[] all = [_log.Steward, _log.Second, _log.Outsider];

        Assert.Null(FaultOf(Founding(confirmed: all, sealedTo: all)));
        Assert.Null(FaultOf(Founding(confirmed: all[..2], sealedTo: all[..2])));
        Assert.Contains("has confirmed others", FaultOf(Founding(confirmed: all[..2], sealedTo: all)), StringComparison.Ordinal);
        Assert.Contains("has confirmed others", FaultOf(Founding(confirmed: all, sealedTo: all[..2])), StringComparison.Ordinal);

        EpochProposal Founding(TestParty[] confirmed, TestParty[] sealedTo)
        {
            StoredCircleOrder[] orders = [.. sealedTo.Select(one => new StoredCircleOrder(circle.Id, one.Id, CircleMemberChange.Added, 0, MembershipReason.Unspecified, DateTimeOffset.UtcNow))];
            ListCircleStatementsResponse waiting = new() { Acceptances = { sealedTo.Select(one => CircleConsent.Accept(_log.State, circle, one.Id, one == _log.Steward ? sealedTo.Select(two => two.Id) : [], one.Keys.Member)) } };
            EpochProposal proposal = ProposalOf(EpochPlan.Of(circle, _log.State, _log.Steward.Id, orders, waiting, int.MaxValue)!);

            // A steward's node that has been changed: it seals to others than its officer signed for.
            SignedStatement word = CircleConsent.Accept(_log.State, circle, _log.Steward.Id, confirmed.Select(one => one.Id), _log.Steward.Keys.Member);
            for (int i = 0; i < proposal.CircleMembers.Count; i++)
            {
                if (CircleMember.Parser.ParseFrom(proposal.CircleMembers[i].Body).MemberId == _log.Steward.IdBytes) proposal.CircleMembers[i] = Resigned(proposal.CircleMembers[i], CircleMember.Parser, change => change.Acceptance = word);
            }

            return proposal;
        }
    }

    private NetworkCircle Circle => _log.State.FindCircle("retail")!;

    private string? FaultOf(EpochProposal proposal, TestParty? signer = null) => ProposalCheck.FaultOf(proposal, _log.State, (signer ?? _log.Second).Id, (signer ?? _log.Second).Keys.Box);

    /// <summary>The admission of the outsider as an honest steward proposes it.</summary>
    private EpochProposal Admission()
    {
        NetworkCircle circle = Circle;
        StoredCircleOrder order = new(circle.Id, _log.Outsider.Id, CircleMemberChange.Added, (uint)circle.Epochs.Count, MembershipReason.Unspecified, DateTimeOffset.UtcNow);
        ListCircleStatementsResponse waiting = new() { Acceptances = { CircleConsent.Accept(_log.State, circle, _log.Outsider.Id, [], _log.Outsider.Keys.Member) } };
        return ProposalOf(EpochPlan.Of(circle, _log.State, _log.Steward.Id, [order], waiting, int.MaxValue)!, _log.Circle);
    }

    private EpochProposal ProposalOf(EpochPlan plan, params CircleKey[] granted)
    {
        ProposeEpochRequest request = plan.Propose(_log.State, _log.Steward.Id, _log.Steward.Keys.Member, granted, RandomSource.System);
        return new EpochProposal { KeyEpoch = request.KeyEpoch, CircleMembers = { request.CircleMembers }, RouteKey = request.RouteKey, KeyGrant = request.KeyGrant };
    }

    private EpochProposal Changed(Action<CircleMember> change)
    {
        EpochProposal proposal = Admission();
        proposal.CircleMembers[0] = Resigned(proposal.CircleMembers[0], CircleMember.Parser, change);
        return proposal;
    }

    // Signed anew: the steward itself is the one that cheats.
    private SignedStatement Resigned<T>(SignedStatement statement, MessageParser<T> parser, Action<T> change)
        where T : IMessage<T>
    {
        T message = parser.ParseFrom(statement.Body);
        change(message);
        return Statements.Sign(message, _log.GenesisHash.Span, _log.Steward.Id, _log.Steward.Keys.Member);
    }
}
