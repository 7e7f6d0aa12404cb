using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Circles;

/// <summary>
/// This member's part in making circle keys (protocol §11). As steward of a circle without a key it draws one, seals it to every founding member's logged box key and proposes it; as another
/// founding member it checks a proposal and signs it. The broker carries both and can open neither.
/// </summary>
public sealed class CircleSteward(
    CallInvoker broker, MemberId member, MemberKeys keys, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time, ILogger<CircleSteward> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProposalPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly MembershipService.MembershipServiceClient _broker = new(broker);
    private readonly Dictionary<CircleId, DateTimeOffset> _proposed = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await WorkAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle[] founded = [.. state.Circles.Values.Where(circle => circle.CurrentEpoch is null && FoundersOf(circle, state).Contains(member))];
        try
        {
            foreach (NetworkCircle circle in founded.Where(circle => circle.Steward == member)) await ProposeAsync(circle, state, cancellation);
            if (founded.Any(circle => circle.Steward != member)) await CountersignAsync(state, cancellation);
        }
        catch (RpcException fault)
        {
            Refusal refusal = fault.ToRefusal("broker");
            NodeEvents.WorkFailed(logger, "circle keys", refusal.What);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await alarms.RaiseFailureAsync("circle keys", fault, cancellation);
        }
    }

    private async Task ProposeAsync(NetworkCircle circle, NetworkState state, CancellationToken cancellation)
    {
        // A proposal that nobody has signed yet is left for a while: a new one would void the signature on its way.
        if (_proposed.TryGetValue(circle.Id, out DateTimeOffset before) && time.GetUtcNow() - before < ProposalPatience) return;
        using CircleKey key = CircleKey.Create(circle.Id, 0, random);
        KeyEpoch epoch = new() { CircleId = ByteString.CopyFrom(circle.Id.ToArray()), Epoch = 0, Commitment = ByteString.CopyFrom(key.Commitment.Span) };
        ProposeEpochRequest request = new() { RouteKey = ByteString.CopyFrom(key.RouteKey.ToArray()) };
        foreach (MemberId founder in FoundersOf(circle, state))
        {
            epoch.SealedKeys.Add(new SealedCircleKey
            {
                MemberId = ByteString.CopyFrom(founder.ToArray()),
                SealedKey = ByteString.CopyFrom(key.SealTo(state.Members[founder].BoxKey)),
            });
            request.CircleMembers.Add(Statements.Sign(
                new CircleMember { CircleId = epoch.CircleId, MemberId = ByteString.CopyFrom(founder.ToArray()), Change = CircleMemberChange.Added }, state.GenesisHash.Span, member, keys.Member));
        }

        request.KeyEpoch = Statements.Sign(epoch, state.GenesisHash.Span, member, keys.Member);
        await _broker.ProposeEpochAsync(request, deadline: Deadline(), cancellationToken: cancellation);
        _proposed[circle.Id] = time.GetUtcNow();
        NodeEvents.EpochProposed(logger, 0, circle.Id.Prefix);
    }

    private async Task CountersignAsync(NetworkState state, CancellationToken cancellation)
    {
        ListProposalsResponse open = await _broker.ListProposalsAsync(new ListProposalsRequest(), deadline: Deadline(), cancellationToken: cancellation);
        foreach (EpochProposal proposal in open.Proposals)
        {
            if (FaultOf(proposal, state) is { } fault)
            {
                NodeEvents.WorkFailed(logger, "countersigning", fault);
                continue;
            }

            Statements.TryRead(proposal.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch);
            CountersignEpochRequest request = new()
            {
                CircleId = epoch!.CircleId,
                Epoch = epoch.Epoch,
                RouteKey = proposal.RouteKey,
                KeyEpochSignature = Statements.Sign(nameof(KeyEpoch), proposal.KeyEpoch.Body.Span, state.GenesisHash.Span, member, keys.Member),
            };
            request.CircleMemberSignatures.AddRange(proposal.CircleMembers.Select(change => Statements.Sign(nameof(CircleMember), change.Body.Span, state.GenesisHash.Span, member, keys.Member)));
            try
            {
                await _broker.CountersignEpochAsync(request, deadline: Deadline(), cancellationToken: cancellation);
            }
            catch (RpcException refused) when (refused.StatusCode is not StatusCode.Unavailable)
            {
                NodeEvents.WorkFailed(logger, "countersigning", refused.ToRefusal("broker").What); // The other proposals do not wait for this one.
                continue;
            }

            NodeEvents.EpochCountersigned(logger, epoch.Epoch, CircleId.FromBytes(epoch.CircleId.Span).Prefix);
        }
    }

    /// <summary>Why this member does not sign a proposal: it signs only what it can check against the log itself, so that the broker can add no ghost.</summary>
    private string? FaultOf(EpochProposal proposal, NetworkState state)
    {
        if (proposal.KeyEpoch is null || !Statements.TryRead(proposal.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch) || !CircleId.TryFromBytes(epoch.CircleId.Span, out CircleId id)) return "the proposal cannot be read";
        if (!state.Circles.TryGetValue(id, out NetworkCircle? circle)) return $"circle {id.Prefix} is not in the log";
        if (epoch.Epoch != 0 || circle.CurrentEpoch is not null) return $"epoch {epoch.Epoch} of circle {id.Prefix} is not next";
        MemberId[] founders = FoundersOf(circle, state);
        if (!founders.Contains(member)) return $"this member did not found circle {id.Prefix}";
        if (!Statements.ValidSigners(proposal.KeyEpoch, nameof(KeyEpoch), state.GenesisHash.Span, MemberKeyOf).Contains(circle.Steward)) return $"the steward of circle {id.Prefix} did not sign its key";
        HashSet<MemberId> recipients = [.. epoch.SealedKeys.Select(key => MemberId.TryFromBytes(key.MemberId.Span, out MemberId recipient) ? recipient : default)];
        if (recipients.Count != epoch.SealedKeys.Count || !recipients.SetEquals(founders)) return $"the key of circle {id.Prefix} is sealed to others than its founders";

        HashSet<MemberId> admitted = [];
        foreach (SignedStatement statement in proposal.CircleMembers)
        {
            // For this epoch: a signature for a later one would be kept, and used to admit somebody again who had been removed.
            if (!Statements.TryRead(statement, CircleMember.Parser, out CircleMember? change) || change.Epoch != 0 || !change.CircleId.Span.SequenceEqual(id.ToArray()) || change.Change != CircleMemberChange.Added
                || !MemberId.TryFromBytes(change.MemberId.Span, out MemberId added) || !admitted.Add(added)
                || !Statements.ValidSigners(statement, nameof(CircleMember), state.GenesisHash.Span, MemberKeyOf).Contains(circle.Steward))
            {
                return $"an admission to circle {id.Prefix} is not one the steward signed";
            }
        }

        if (!admitted.SetEquals(founders)) return $"circle {id.Prefix} would admit others than its founders";
        CircleKeyring opened = CircleKeyring.Empty.Open(epoch, member, keys.Box, out string? fault);
        if (fault is not null) return fault;

        // With another routing key at the broker no member could follow the circle's entries, for ever.
        return opened.Find(id, epoch.Epoch)?.RouteKey.ToArray().AsSpan().SequenceEqual(proposal.RouteKey.Span) == true ? null : $"the routing key proposed for circle {id.Prefix} is not its key's";

        VerifyingKey? MemberKeyOf(MemberId signer) => state.Members.TryGetValue(signer, out NetworkMember? found) ? found.MemberKey : null;
    }

    // The policy is the broker's word: founders that are no members, or no ids, make it one that nobody here makes a key for.
    private static MemberId[] FoundersOf(NetworkCircle circle, NetworkState state)
    {
        HashSet<MemberId> founders = [];
        foreach (ByteString bytes in circle.Policy.FoundingMemberIds)
        {
            if (!MemberId.TryFromBytes(bytes.Span, out MemberId founder) || !state.Members.ContainsKey(founder)) return [];
            founders.Add(founder);
        }

        return [.. founders];
    }

    private DateTime Deadline() => time.GetUtcNow().UtcDateTime + Patience;
}
