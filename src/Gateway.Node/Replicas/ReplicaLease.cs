using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Node.Neutrality;
using Gateway.Storage;
using Gateway.Storage.Node;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Replicas;

/// <summary>
/// Decides which of several processes on one store follows the log and does the other work that is one process's alone, and runs that work here when it is this one. The lease ends by the database's
/// clock; every transaction of the work renews it or, where it is lost, fails, so that two that both believe to lead cannot both write. Where the store is one process's alone the work simply runs.
/// </summary>
public sealed class ReplicaLease(
    INodeStore store, NodeLog log, Acceptance acceptance, Leadership leadership, Follower follower, IEnumerable<LeasedService> services, AlarmBell alarms, TimeProvider time, ILogger<ReplicaLease> logger) : BackgroundService
{
    /// <summary>How long the lease of a process that is heard of no more holds.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LeasedService[] _services = [.. services];
    private readonly WorkSignal _due = new(time);
    private readonly string _name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Environment.MachineName} {Environment.ProcessId}");
    private long _released = store.Replicas?.Taken ?? 0;
    private bool _runs;

    /// <summary>Has the next beat come at once.</summary>
    public void Wake() => _due.Set();

    /// <summary>Says that nothing is left in this process's memory of what changes up to this one took away.</summary>
    public void Released(long change)
    {
        Interlocked.Exchange(ref _released, change);
        Wake();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (store.Replicas is null) await StartAsync();
            while (true)
            {
                if (store.Replicas is { } replicas) await BeatAsync(replicas, stoppingToken);

                // A worker that died is not to be missed: the node ends, as it does for any other.
                foreach (Task? work in _services.Select(service => service.Work.ExecuteTask).Where(work => work is { IsFaulted: true })) await work!;
                await _due.WaitAsync(Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await StopServicesAsync();
            await LeaveAsync();
        }
    }

    private async Task BeatAsync(IReplicaStore replicas, CancellationToken cancellation)
    {
        try
        {
            long heard = follower is { IsConnected: true, LastHeard: { } at } ? at.ToUnixTimeMilliseconds() : 0;
            ReplicaStanding standing = await replicas.BeatAsync(new ReplicaBeat(_name, heard, WantsLease: true, Interlocked.Read(ref _released)), Life, cancellation);
            bool isNew = standing.Term != leadership.Term;
            if (isNew && _runs)
            {
                leadership.Set(null, standing.Replicas);
                await StopServicesAsync();
                NodeEvents.ReplicaRelieved(logger);
            }

            if (standing.Term is { } term && !_runs) await TakeOverAsync(replicas, term, cancellation);
            leadership.Set(_runs ? standing.Term : null, standing.Replicas);
        }
        catch (StoreUnavailableException away)
        {
            // Nobody can take the lease meanwhile, and the work finds by itself that nothing can be written.
            NodeEvents.StoreUnavailable(logger, away.Message);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await alarms.RaiseFailureAsync("taking over the node's work", fault, cancellation);
        }
    }

    private async Task TakeOverAsync(IReplicaStore replicas, long term, CancellationToken cancellation)
    {
        using IDisposable acting = replicas.ActUnder(term);
        await log.TakeOverAsync(cancellation);
        await acceptance.CatchUpAsync(cancellation);
        leadership.Set(term, leadership.Replicas);
        await StartAsync();
        NodeEvents.ReplicaLeads(logger, term);
    }

    private async Task StartAsync()
    {
        _runs = true;
        foreach (LeasedService service in _services) await service.Work.StartAsync(CancellationToken.None);
    }

    private async Task StopServicesAsync()
    {
        if (!_runs) return;
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30), time);
        foreach (LeasedService service in _services.Reverse()) await service.Work.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _runs = false;
    }

    // So that another takes over at once. Without it the lease ends by itself.
    private async Task LeaveAsync()
    {
        if (store.Replicas is not { } replicas) return;
        leadership.Set(null, []);
        using CancellationTokenSource patience = new(Patience, time);
        try
        {
            await replicas.LeaveAsync(patience.Token);
        }
        catch (Exception away) when (away is StoreUnavailableException or OperationCanceledException or ObjectDisposedException)
        {
            NodeEvents.StoreUnavailable(logger, away.Message);
        }
    }
}
