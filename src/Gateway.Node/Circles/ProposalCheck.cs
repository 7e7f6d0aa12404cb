using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Node.Circles;

/// <summary>
/// Why a second member does not sign a proposal: it signs only what it can check against its own log, so that neither the broker nor a steward can add anybody who has not accepted. That a key
/// sealed to another member is the right one only that member can see; it compares it with the commitment.
/// </summary>
public static class ProposalCheck
{
    /// <summary>The first fault of a proposal, or null.</summary>
    /// <param name="proposal">As the broker shows it.</param>
    /// <param name="state">The network as this node's log has it.</param>
    /// <param name="member">This member.</param>
    /// <param name="box">Its box key.</param>
    public static string? FaultOf(EpochProposal proposal, NetworkState state, MemberId member, BoxKey box)
    {
        if (proposal.KeyEpoch is null || !Statements.TryRead(proposal.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch) || !CircleId.TryFromBytes(epoch.CircleId.Span, out CircleId id)) return "the proposal cannot be read";
        if (!state.Circles.TryGetValue(id, out NetworkCircle? circle)) return $"circle {id.Prefix} is not in the log";
        bool founds = circle.Epochs.Count == 0;
        if (epoch.Epoch != (uint)circle.Epochs.Count) return $"epoch {epoch.Epoch} of circle {id.Prefix} is not next";
        if (member == circle.Steward || !IsOfCircle(member, circle)) return $"this member does not sign for circle {id.Prefix} as second";
        if (!IsOfCircle(circle.Steward, circle)) return $"the steward of circle {id.Prefix} does not belong to it";
        if (!IsSignedBySteward(proposal.KeyEpoch, nameof(KeyEpoch), circle, state)) return $"the steward of circle {id.Prefix} did not sign its key";
        HashSet<MemberId> members = [.. circle.Members];
        foreach (SignedStatement statement in proposal.CircleMembers)
        {
            if (FaultOfChange(statement, circle, state, members) is { } fault) return fault;
        }

        HashSet<MemberId> recipients = [.. epoch.SealedKeys.Select(key => MemberId.TryFromBytes(key.MemberId.Span, out MemberId recipient) ? recipient : default)];
        if (recipients.Count != epoch.SealedKeys.Count || !recipients.SetEquals(members)) return $"the key of circle {id.Prefix} is sealed to others than its members";
        if (founds && !IsConfirmed(proposal, circle, members)) return $"the steward of circle {id.Prefix} has confirmed others than the key is sealed to";
        if (proposal.KeyGrant is not null && FaultOfGrant(proposal.KeyGrant, circle, epoch.Epoch, members, state) is { } wrong) return wrong;
        return FaultOfKey(proposal, epoch, circle, member, box);
    }

    private static string? FaultOfChange(SignedStatement statement, NetworkCircle circle, NetworkState state, HashSet<MemberId> members)
    {
        // For this epoch: a signature for a later one would be kept, and used to admit somebody again who had been removed.
        if (!Statements.TryRead(statement, CircleMember.Parser, out CircleMember? change) || change.Epoch != (uint)circle.Epochs.Count || !change.CircleId.Span.SequenceEqual(circle.Id.ToArray())
            || !MemberId.TryFromBytes(change.MemberId.Span, out MemberId about) || !state.Members.ContainsKey(about) || !IsSignedBySteward(statement, nameof(CircleMember), circle, state))
        {
            return $"a change in circle {circle.Id.Prefix} is not one the steward signed for this epoch";
        }

        if (change.Change == CircleMemberChange.Removed) return members.Remove(about) ? null : $"member {about.Prefix} is to be removed from circle {circle.Id.Prefix} and does not belong to it";
        if (change.Change != CircleMemberChange.Added || !members.Add(about)) return $"the change of member {about.Prefix} in circle {circle.Id.Prefix} changes nothing";
        if (circle.Epochs.Count == 0 && !circle.IsFounder(about)) return $"member {about.Prefix} is not a founder of circle {circle.Id.Prefix}";
        if (CircleConsent.FindAcceptance(change.Acceptance, state, circle, out string fault) is not { } acceptance) return $"circle {circle.Id.Prefix} would admit who has not accepted: {fault}";
        return acceptance.MemberId.Span.SequenceEqual(change.MemberId.Span) ? null : $"the acceptance of member {about.Prefix} is another's";
    }

    private static bool IsConfirmed(EpochProposal proposal, NetworkCircle circle, HashSet<MemberId> members)
    {
        foreach (SignedStatement statement in proposal.CircleMembers)
        {
            CircleMember change = CircleMember.Parser.ParseFrom(statement.Body);
            if (change.MemberId.Span.SequenceEqual(circle.Steward.ToArray())) return CircleConsent.ConfirmedBy(CircleAcceptance.Parser.ParseFrom(change.Acceptance.Body)).SetEquals(members);
        }

        return false;
    }

    private static string? FaultOfGrant(SignedStatement statement, NetworkCircle circle, uint epoch, HashSet<MemberId> members, NetworkState state)
    {
        if (!Statements.TryRead(statement, KeyGrant.Parser, out KeyGrant? grant) || grant.Epoch != epoch || !grant.CircleId.Span.SequenceEqual(circle.Id.ToArray()) || !IsSignedBySteward(statement, nameof(KeyGrant), circle, state))
        {
            return $"the grant in circle {circle.Id.Prefix} is not one the steward signed for this epoch";
        }

        // Who is a member already has what it was given; only who comes in lacks older epochs.
        HashSet<MemberId> joining = [.. members.Except(circle.Members)];
        return KeyGrants.FaultOfKeys(grant, circle, joining);
    }

    private static string? FaultOfKey(EpochProposal proposal, KeyEpoch epoch, NetworkCircle circle, MemberId member, BoxKey box)
    {
        SealedCircleKey? mine = epoch.SealedKeys.FirstOrDefault(key => key.MemberId.Span.SequenceEqual(member.ToArray()));
        if (mine is null) return $"epoch {epoch.Epoch} of circle {circle.Id.Prefix} begins without this member";
        using CircleKey? key = CircleKeyring.TryOpen(circle, epoch, mine.SealedKey, box);
        if (key is null) return $"the key of epoch {epoch.Epoch} of circle {circle.Id.Prefix} does not open, or is not the one committed to";

        // With another routing key at the broker no member could follow the circle's entries, for ever.
        return key.RouteKey.ToArray().AsSpan().SequenceEqual(proposal.RouteKey.Span) ? null : $"the routing key proposed for circle {circle.Id.Prefix} is not its key's";
    }

    private static bool IsOfCircle(MemberId member, NetworkCircle circle) => circle.Epochs.Count == 0 ? circle.IsFounder(member) : circle.Members.Contains(member);

    private static bool IsSignedBySteward(SignedStatement statement, string name, NetworkCircle circle, NetworkState state) =>
        Statements.ValidSigners(statement, name, state.GenesisHash.Span, signer => signer == circle.Steward && state.Members.TryGetValue(signer, out NetworkMember? found) ? found.MemberKey : null).Contains(circle.Steward);
}
