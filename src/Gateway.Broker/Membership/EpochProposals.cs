using System.Security.Cryptography;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Gateway.Broker.Membership;

/// <summary>
/// The way of a key epoch into the log: the steward proposes its signed statements, a second member signs the same bytes, and all go into the log in one commit, the changes of
/// members first. What the log then says, <see cref="NetworkState.TryApply"/> decides, here as at every node.
/// </summary>
public sealed class EpochProposals(NetworkView view, IBrokerStore store, Sequencer sequencer)
{
    private const int MostMembers = 256, SealedKeySize = CircleKey.Size + BoxPublicKey.SealOverhead;

    private readonly KeyedLock<CircleId> _circles = new();

    /// <summary>Keeps the steward's proposal for the circle's next epoch, in place of an earlier one.</summary>
    public async Task ProposeAsync(MemberId proposer, ProposeEpochRequest request, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        if (request.KeyEpoch is null || !Statements.TryRead(request.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch) || !CircleId.TryFromBytes(epoch.CircleId.Span, out CircleId circleId))
        {
            throw Invalid("STATEMENT_UNREADABLE", "The statement is not a KeyEpoch.", "key_epoch");
        }

        using KeyedLock<CircleId>.Holding held = await _circles.EnterAsync(circleId, cancellation).ConfigureAwait(false);
        NetworkCircle circle = RequireCircle(state, circleId);
        if (circle.Steward != proposer) throw new RefusalException(Refusal.Denied("STEWARD_ONLY", "Only the circle's steward proposes its epochs.", Which(circleId), "Ask the steward."));
        RequireNext(circle, epoch.Epoch);
        if (request.RouteKey.Length != RouteKey.Size) throw Invalid("FIELD_LENGTH", $"The route key has {request.RouteKey.Length} bytes where {RouteKey.Size} are wanted.", "route_key");
        if (epoch.Commitment.Length != 32) throw Invalid("FIELD_LENGTH", $"The commitment has {epoch.Commitment.Length} bytes where 32 are wanted.", "key_epoch.commitment");
        if (epoch.SealedKeys.Count > MostMembers || epoch.SealedKeys.Any(key => key.SealedKey.Length != SealedKeySize))
        {
            throw Invalid("SEALED_KEYS_INVALID", $"An epoch has at most {MostMembers} sealed keys of {SealedKeySize} bytes each.", "key_epoch.sealed_keys");
        }

        RequireSigned(request.KeyEpoch, nameof(KeyEpoch), proposer, state);
        HashSet<MemberId> members = MembersAfter(circle, request.CircleMembers, proposer, state);
        RequireRecipients(epoch, members);
        if (request.KeyGrant is not null) RequireGrant(request.KeyGrant, circle, epoch.Epoch, members, proposer, state);
        await store.SaveProposalAsync(new StoredProposal(circleId, epoch.Epoch, request.ToByteArray()), cancellation).ConfigureAwait(false);
    }

    /// <summary>Proposals that a member may sign: of circles it belongs to or founds, and is not the steward of.</summary>
    public async Task<IReadOnlyList<EpochProposal>> ListAsync(MemberId member, CancellationToken cancellation)
    {
        NetworkState state = view.Current;
        List<EpochProposal> proposals = [];
        foreach (StoredProposal stored in await store.ListProposalsAsync(cancellation).ConfigureAwait(false))
        {
            if (!state.Circles.TryGetValue(stored.Circle, out NetworkCircle? circle) || !MaySign(circle, member) || stored.Epoch != (uint)circle.Epochs.Count) continue;
            ProposeEpochRequest request = ProposeEpochRequest.Parser.ParseFrom(stored.Request);

            // Who is being removed signs nothing of the epoch that begins without it.
            if (!IsRecipient(request.KeyEpoch, member)) continue;
            EpochProposal proposal = new() { KeyEpoch = request.KeyEpoch, CircleMembers = { request.CircleMembers }, RouteKey = request.RouteKey };
            if (request.KeyGrant is not null) proposal.KeyGrant = request.KeyGrant;
            proposals.Add(proposal);
        }

        return proposals;
    }

    /// <summary>Adds a second member's signatures; all statements go into the log. Signing an epoch that has begun already does nothing.</summary>
    public async Task CountersignAsync(MemberId signer, CountersignEpochRequest request, CancellationToken cancellation)
    {
        if (!CircleId.TryFromBytes(request.CircleId.Span, out CircleId circleId)) throw Invalid("FIELD_LENGTH", $"The circle id has {request.CircleId.Length} bytes where {CircleId.Size} are wanted.", "circle_id");
        using KeyedLock<CircleId>.Holding held = await _circles.EnterAsync(circleId, cancellation).ConfigureAwait(false);
        NetworkState state = view.Current;
        NetworkCircle circle = RequireCircle(state, circleId);
        if (!MaySign(circle, signer)) throw new RefusalException(Refusal.Denied("SECOND_MEMBER_ONLY", "Only a member of the circle other than its steward signs the epoch as second.", Which(circleId), "Ask a member of the circle."));
        if (circle.Epochs.ContainsKey(request.Epoch)) return;

        StoredProposal stored = (await store.ListProposalsAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(proposal => proposal.Circle == circleId && proposal.Epoch == request.Epoch)
            ?? throw new RefusalException(Refusal.NotFound("PROPOSAL_UNKNOWN", $"There is no proposal for epoch {request.Epoch} of the circle.", Which(circleId), "List the proposals again."));
        ProposeEpochRequest proposal = ProposeEpochRequest.Parser.ParseFrom(stored.Request);

        if (!IsRecipient(proposal.KeyEpoch, signer)) throw new RefusalException(Refusal.Denied("SECOND_MEMBER_ONLY", "Who is being removed does not sign the epoch that begins without it.", Which(circleId), "Ask a member that stays."));

        // No statement covers the route key, so it is bound here to what the signer checked.
        if (!CryptographicOperations.FixedTimeEquals(request.RouteKey.Span, proposal.RouteKey.Span))
        {
            throw new RefusalException(Refusal.Precondition("PROPOSAL_CHANGED", "The route key that was checked is not the one of the proposal.", Which(circleId), "List the proposals again."));
        }

        if (request.CircleMemberSignatures.Count != proposal.CircleMembers.Count)
        {
            throw Invalid("SIGNATURES_MISSING", $"The proposal changes {proposal.CircleMembers.Count} members; {request.CircleMemberSignatures.Count} signatures came.", "circle_member_signatures");
        }

        List<Entry> entries = [];
        for (int i = 0; i < proposal.CircleMembers.Count; i++)
        {
            entries.Add(new Entry { CircleMember = Countersigned(proposal.CircleMembers[i], request.CircleMemberSignatures[i], nameof(CircleMember), signer, state, $"circle_member_signatures[{i}]") });
        }

        entries.Add(new Entry { KeyEpoch = Countersigned(proposal.KeyEpoch, request.KeyEpochSignature, nameof(KeyEpoch), signer, state, "key_epoch_signature") });
        if (proposal.KeyGrant is not null) entries.Add(new Entry { KeyGrant = Countersigned(proposal.KeyGrant, request.KeyGrantSignature, nameof(KeyGrant), signer, state, "key_grant_signature") });
        await sequencer.ChangeStateAsync(new StateChange
        {
            Entries = entries,
            RouteKeys = [new StoredRouteKey(circleId, request.Epoch, proposal.RouteKey.ToByteArray())],
        }).ConfigureAwait(false);
    }

    private static SignedStatement Countersigned(SignedStatement statement, StatementSignature? signature, string messageName, MemberId signer, NetworkState state, string field)
    {
        bool holds = signature is not null
            && signature.MemberId.Span.SequenceEqual(signer.ToArray())
            && Statements.Verify(messageName, statement.Body.Span, signature, state.GenesisHash.Span, state.Members[signer].MemberKey);
        if (!holds) throw Invalid("STATEMENT_SIGNATURE", "The signature is not the calling member's over the proposed bytes.", field);
        SignedStatement signed = statement.Clone();
        signed.Signatures.Add(signature);
        return signed;
    }

    private static HashSet<MemberId> MembersAfter(NetworkCircle circle, RepeatedField<SignedStatement> statements, MemberId steward, NetworkState state)
    {
        HashSet<MemberId> members = [.. circle.Members];
        for (int i = 0; i < statements.Count; i++)
        {
            string field = $"circle_members[{i}]";
            if (!Statements.TryRead(statements[i], CircleMember.Parser, out CircleMember? change) || !CircleId.TryFromBytes(change.CircleId.Span, out CircleId id) || id != circle.Id
                || !MemberId.TryFromBytes(change.MemberId.Span, out MemberId member) || !state.Members.ContainsKey(member))
            {
                throw Invalid("STATEMENT_UNREADABLE", "The statement is not a CircleMember of this circle about a member of the network.", field);
            }

            bool changed = change.Change switch
            {
                CircleMemberChange.Added => members.Add(member),
                CircleMemberChange.Removed => members.Remove(member),
                _ => false,
            };
            if (!changed) throw Invalid("STATEMENT_CHANGES_NOTHING", $"The statement about member {member.Prefix} changes nothing.", field);
            if (change.Epoch != (uint)circle.Epochs.Count) throw Invalid("STATEMENT_UNREADABLE", $"The statement about member {member.Prefix} is for epoch {change.Epoch} where {circle.Epochs.Count} is next.", field);
            if (change.Change == CircleMemberChange.Added && CircleConsent.FindAcceptance(change.Acceptance, state, circle, out string fault) is null) throw Invalid("ACCEPTANCE_INVALID", $"Nobody is added without its acceptance: {fault}.", field);
            RequireSigned(statements[i], nameof(CircleMember), steward, state);
        }

        return members;
    }

    private static void RequireGrant(SignedStatement statement, NetworkCircle circle, uint epoch, HashSet<MemberId> members, MemberId steward, NetworkState state)
    {
        if (!Statements.TryRead(statement, KeyGrant.Parser, out KeyGrant? grant) || !grant.CircleId.Span.SequenceEqual(circle.Id.ToArray()) || grant.Epoch != epoch)
        {
            throw Invalid("STATEMENT_UNREADABLE", "The statement is not a KeyGrant of this circle and epoch.", "key_grant");
        }

        if (KeyGrants.FaultOfKeys(grant, circle, members) is { } fault) throw Invalid("GRANT_INVALID", fault, "key_grant");
        RequireSigned(statement, nameof(KeyGrant), steward, state);
    }

    private static bool IsRecipient(SignedStatement keyEpoch, MemberId member) =>
        Statements.TryRead(keyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch) && epoch.SealedKeys.Any(key => key.MemberId.Span.SequenceEqual(member.ToArray()));

    private static void RequireRecipients(KeyEpoch epoch, HashSet<MemberId> members)
    {
        HashSet<MemberId> recipients = [];
        bool distinct = epoch.SealedKeys.All(key => MemberId.TryFromBytes(key.MemberId.Span, out MemberId member) && recipients.Add(member));
        if (!distinct || members.Count < 2 || !recipients.SetEquals(members)) throw Invalid("RECIPIENTS_INVALID", "The epoch is not sealed to exactly the circle's members (at least two), each once.", "key_epoch.sealed_keys");
    }

    private static void RequireSigned(SignedStatement statement, string messageName, MemberId signer, NetworkState state)
    {
        bool signed = statement.Signatures.Count == 1
            && Statements.ValidSigners(statement, messageName, state.GenesisHash.Span, id => id == signer ? state.Members[id].MemberKey : null).Contains(signer);
        if (!signed) throw Invalid("STATEMENT_SIGNATURE", $"The {messageName} statement does not have exactly the steward's signature.", messageName);
    }

    private static void RequireNext(NetworkCircle circle, uint epoch)
    {
        if (epoch != (uint)circle.Epochs.Count)
        {
            throw new RefusalException(Refusal.Precondition("EPOCH_NOT_NEXT", $"The circle's next epoch is {circle.Epochs.Count}, not {epoch}.", Which(circle.Id), "Follow the log to its end and propose the next epoch."));
        }
    }

    private static NetworkCircle RequireCircle(NetworkState state, CircleId id) => state.Circles.GetValueOrDefault(id)
        ?? throw new RefusalException(Refusal.NotFound("CIRCLE_UNKNOWN", "There is no such circle.", Which(id), "See the circles with 'gateway status'."));

    // As NetworkState counts signers: before the first epoch nobody is admitted yet, and the founders stand in.
    private static bool MaySign(NetworkCircle circle, MemberId member) => member != circle.Steward
        && (circle.Members.Contains(member) || (circle.Epochs.Count == 0 && circle.IsFounder(member)));

    private static string Which(CircleId id) => $"circle {id.Prefix}";

    private static RefusalException Invalid(string code, string what, string which) => new(Refusal.Invalid(code, what, which, "Make the statements with this program, from the newest state of the log."));
}
