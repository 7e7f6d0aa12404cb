using Gateway.Node.Cases;
using Gateway.Node.Circles;
using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Node.Life;
using Gateway.Node.Matching;
using Gateway.Node.Neutrality;
using Gateway.Node.Outcomes;
using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Replicas;

/// <summary>
/// Keeps what this process holds in memory in step with what others on the store write, and wakes the work that they have made here: the database tells of each, and every two seconds it is asked, in
/// case it could not.
/// </summary>
public sealed class StoreFollower(
    INodeStore store, NodeLog log, NodeMatcher matcher, HitOpener opener, Leadership leadership, ReplicaLease lease, Acceptance acceptance, ForkWatch forks, Acknowledger acknowledger, StoreAge age,
    ReplicaWork work, AlarmBell alarms, TimeProvider time, ILogger<StoreFollower> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _taking = new(1, 1);
    private ulong _endedBelow;
    private bool _led;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _taking.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store.Replicas is not { } replicas) return;
        try
        {
            await Task.WhenAll(HearAsync(replicas, stoppingToken), AskAsync(replicas, stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task HearAsync(IReplicaStore replicas, CancellationToken stopping)
    {
        await foreach (StoreTopic topic in replicas.FollowOthersAsync(stopping)) await TryAsync(() => TakeAsync(topic, replicas, stopping), stopping);
    }

    private async Task AskAsync(IReplicaStore replicas, CancellationToken stopping)
    {
        using PeriodicTimer timer = new(Round, time);
        do
        {
            await TryAsync(() => TakeNewsAsync(replicas, stopping), stopping);
            if (!leadership.IsHeld) await TryAsync(() => CheckAgeAsync(stopping), stopping);
            if (leadership.IsHeld && !_led) await TryAsync(() => work.TakeAsync(StoreTopic.Everything, stopping), stopping); // What waits for the one that led waits for this one now.
            _led = leadership.IsHeld;
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    private async Task TakeAsync(StoreTopic topic, IReplicaStore replicas, CancellationToken cancellation)
    {
        bool all = topic == StoreTopic.Everything;
        if (all || topic == StoreTopic.News) await TakeNewsAsync(replicas, cancellation);
        if (all || topic == StoreTopic.Lease) lease.Wake();
        if (all || topic == StoreTopic.Meetings) matcher.Met.Set();
        if (all || topic == StoreTopic.Standing) await acceptance.CatchUpAsync(cancellation);
        if (all || topic == StoreTopic.Evidence) await forks.LoadAsync(cancellation);
        await work.TakeAsync(topic, cancellation);
    }

    // What was opened of records that ended is forgotten before anybody is told that nothing is left of them here.
    private async Task TakeNewsAsync(IReplicaStore replicas, CancellationToken cancellation)
    {
        await _taking.WaitAsync(cancellation);
        try
        {
            await log.CatchUpAsync(cancellation);
            long taken = replicas.Taken;
            if (log.EndedBelow != _endedBelow)
            {
                _endedBelow = log.EndedBelow;
                opener.ForgetOpened();
            }

            lease.Released(taken);
        }
        finally
        {
            _taking.Release();
        }
    }

    private async Task CheckAgeAsync(CancellationToken cancellation)
    {
        await acknowledger.CheckAgeAsync(cancellation);
        age.Mark(log.View.Size);
    }

    private async Task TryAsync(Func<Task> step, CancellationToken cancellation)
    {
        try
        {
            await step();
        }
        catch (Exception fault) when (fault is StoreUnavailableException or RpcException)
        {
            cancellation.ThrowIfCancellationRequested();
            NodeEvents.WorkFailed(logger, "following the other replicas", fault is RpcException away ? away.ToRefusal("broker").What : fault.Message);
        }
        catch (FeedFaultException fault)
        {
            await alarms.RaiseOnceAsync(fault.Refusal, cancellation, fault.Evidence);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await alarms.RaiseFailureAsync("following the other replicas", fault, cancellation);
        }
    }
}

/// <summary>What people ask for at one process of a node and another one does: wakes it here.</summary>
public sealed class ReplicaWork(Outbox outbox, SellerEvaluation sellers, Dismissals dismissals, CircleWork circles, CaseSignals cases, OutcomeExchange outcomes)
{
    internal async Task TakeAsync(StoreTopic topic, CancellationToken cancellation)
    {
        bool all = topic == StoreTopic.Everything;
        if (all || topic == StoreTopic.Sellers) sellers.Wake();
        if (all || topic == StoreTopic.Circles) circles.Wake();
        if (all || topic == StoreTopic.Cases) cases.Written.Set();
        if (all || topic == StoreTopic.Outcomes) outcomes.Wake();
        if (all || topic == StoreTopic.Dismissals) await dismissals.ReadAsync(cancellation);
        if (all || topic == StoreTopic.Outbox) outbox.Wake();

        // The log closes rows of the outbox, too.
        if (all || topic is StoreTopic.Outbox or StoreTopic.News) await outbox.TellOthersAsync(cancellation);
    }
}
