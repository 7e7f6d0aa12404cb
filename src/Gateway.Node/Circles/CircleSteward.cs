using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Circles;

/// <summary>
/// This member's part in making circle keys (protocol §11). As steward it makes the next epoch when its officers' orders, members' departures or the network call for one; as another member it
/// checks a proposal and signs it. The broker carries both and can open neither.
/// </summary>
public sealed class CircleSteward(
    INodeStore store, CircleOrders orders, CircleWork work, CallInvoker broker, MemberId member, MemberKeys keys, Func<NodeView> view, AlarmBell alarms, RandomSource random, TimeProvider time,
    ILogger<CircleSteward> logger) : BackgroundService
{
    private static readonly TimeSpan FoundingInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProposalPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly MembershipService.MembershipServiceClient _broker = new(broker);
    private readonly Dictionary<CircleId, (string Plan, DateTimeOffset At)> _proposed = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                bool founding = Mine(view().State).Any(circle => circle.CurrentEpoch is null);
                await work.WaitAsync(founding ? FoundingInterval : Interval, stoppingToken);
                await WorkAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private IEnumerable<NetworkCircle> Mine(NetworkState state) =>
        state.Circles.Values.Where(circle => circle.Members.Contains(member) || (circle.CurrentEpoch is null && circle.IsFounder(member)));

    private async Task WorkAsync(CancellationToken cancellation)
    {
        NetworkState state = view().State;
        NetworkCircle[] mine = [.. Mine(state)];
        try
        {
            if (mine.Any(circle => circle.Steward == member)) await ProposeAsync([.. mine.Where(circle => circle.Steward == member)], state, cancellation);
            if (mine.Any(circle => circle.Steward != member)) await CountersignAsync(state, cancellation);
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

    private async Task ProposeAsync(IReadOnlyList<NetworkCircle> stewarded, NetworkState state, CancellationToken cancellation)
    {
        ListCircleStatementsResponse waiting = await _broker.ListCircleStatementsAsync(new ListCircleStatementsRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        foreach (NetworkCircle circle in stewarded)
        {
            // Which older epochs a joiner needs is known once they have been read here.
            if ((await store.ReadBackfillsAsync(cancellation)).Any(reading => reading.Circle == circle.Id)) continue;
            IReadOnlyList<CircleKey> granted = await GrantedAsync(circle, state, cancellation);
            EpochPlan? plan = EpochPlan.Of(circle, state, member, await orders.ReadAsync(circle, cancellation), waiting, granted.Count == 0 ? int.MaxValue : Math.Max(1, KeyGrants.MostKeys / granted.Count));
            if (plan is null) continue;

            // A proposal that nobody has signed yet is left for a while: a new one would void the signature on its way.
            if (_proposed.TryGetValue(circle.Id, out (string Plan, DateTimeOffset At) before) && before.Plan == plan.ToString() && time.GetUtcNow() - before.At < ProposalPatience) continue;
            await _broker.ProposeEpochAsync(plan.Propose(state, member, keys.Member, granted, random), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            _proposed[circle.Id] = (plan.ToString(), time.GetUtcNow());
            NodeEvents.EpochProposed(logger, plan.Epoch, circle.Id.Prefix);
        }
    }

    // The epochs that still have live records, and the one in force: records are published under it until the next begins. A steward whose role does not read cannot tell, and gives all it has.
    private async Task<IReadOnlyList<CircleKey>> GrantedAsync(NetworkCircle circle, NetworkState state, CancellationToken cancellation)
    {
        IReadOnlyList<uint>? live = circle.MayRead(state.Members[member]) ? await store.ReadLiveEpochsAsync(circle.Id, cancellation) : null;
        return [.. view().Keyring.Keys.Where(key => key.Circle == circle.Id && (live is null || live.Contains(key.Epoch) || key.Epoch == circle.CurrentEpoch)).TakeLast(KeyGrants.MostKeys)];
    }

    private async Task CountersignAsync(NetworkState state, CancellationToken cancellation)
    {
        ListProposalsResponse open = await _broker.ListProposalsAsync(new ListProposalsRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        foreach (EpochProposal proposal in open.Proposals)
        {
            if (ProposalCheck.FaultOf(proposal, state, member, keys.Box) is { } fault)
            {
                NodeEvents.WorkFailed(logger, "countersigning", fault);
                continue;
            }

            KeyEpoch epoch = KeyEpoch.Parser.ParseFrom(proposal.KeyEpoch.Body);
            CountersignEpochRequest request = new() { CircleId = epoch.CircleId, Epoch = epoch.Epoch, RouteKey = proposal.RouteKey, KeyEpochSignature = Signed(nameof(KeyEpoch), proposal.KeyEpoch) };
            request.CircleMemberSignatures.AddRange(proposal.CircleMembers.Select(change => Signed(nameof(CircleMember), change)));
            if (proposal.KeyGrant is not null) request.KeyGrantSignature = Signed(nameof(KeyGrant), proposal.KeyGrant);
            try
            {
                await _broker.CountersignEpochAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            }
            catch (RpcException refused) when (refused.StatusCode is not StatusCode.Unavailable)
            {
                NodeEvents.WorkFailed(logger, "countersigning", refused.ToRefusal("broker").What); // The other proposals do not wait for this one.
                continue;
            }

            NodeEvents.EpochCountersigned(logger, epoch.Epoch, CircleId.FromBytes(epoch.CircleId.Span).Prefix);
        }

        StatementSignature Signed(string name, SignedStatement statement) => Statements.Sign(name, statement.Body.Span, state.GenesisHash.Span, member, keys.Member);
    }
}
