using Gateway.Protocol.Errors;
using Gateway.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Hosting;

/// <summary>
/// Follows what other brokers write into the same store: their entries of the log as they are committed, and every two seconds operators, denied certificates, use of
/// quotas, cosignatures and acknowledgements. Where no other process can write, it ends at once.
/// </summary>
public sealed class SharedStoreWatch(BrokerCore core, Life.AcknowledgementDesk acknowledgements, TimeProvider time, ILogger<SharedStoreWatch> log) : BackgroundService
{
    /// <summary>How old what another broker decided beside the log can be here.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long a look may take before the store counts as lost: a line that went dead says nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Takes up everything once, and notes whether the store could be reached.</summary>
    public Task RunOnceAsync(CancellationToken cancellation) => Task.WhenAll(ReachAsync(cancellation), FollowOnceAsync(cancellation));

    // By a plain read, on a thread of its own, as a line that went dead blocks it: what waits behind another broker's transaction is not out of reach.
    private async Task ReachAsync(CancellationToken cancellation)
    {
        Task<bool> read = Task.Run(() => CanReadAsync(cancellation), cancellation);
        await Task.WhenAny(read, Task.Delay(Patience, time, cancellation)).ConfigureAwait(false);
        if (!read.IsCompleted && !cancellation.IsCancellationRequested) core.Reach.Note(reached: false);
        core.Reach.Note(await read.ConfigureAwait(false));
    }

    private async Task<bool> CanReadAsync(CancellationToken cancellation)
    {
        try
        {
            await core.Store.ReadHeadAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is StoreUnavailableException or StoreCorruptException)
        {
            return error is StoreCorruptException; // It was reached; what is wrong with it, others say.
        }
    }

    private async Task FollowOnceAsync(CancellationToken cancellation)
    {
        try
        {
            await core.History.FollowAsync(cancellation).ConfigureAwait(false);
            await core.Operators.FollowAsync(core.Store, cancellation).ConfigureAwait(false);
            await core.Denials.FollowAsync(cancellation).ConfigureAwait(false);
            await core.Quotas.FollowAsync(cancellation).ConfigureAwait(false);
            await core.Cosignatures.FollowAsync(cancellation).ConfigureAwait(false);
            await acknowledgements.FollowAsync(cancellation).ConfigureAwait(false);
            await core.Sequencer.LookAsync().ConfigureAwait(false); // Last: it waits for the batch under way, and may be refused.
        }
        catch (Exception error) when (error is StoreUnavailableException or StoreCorruptException or RefusalException or InvalidOperationException)
        {
            Log.OthersNotFollowed(log, error);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task ticking = Task.CompletedTask;
        try
        {
            await foreach (ulong _ in core.Store.FollowOthersAsync(stoppingToken).ConfigureAwait(false))
            {
                if (ticking.IsCompleted) ticking = TickAsync(ended.Token);
                await LookAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await ticking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LookAsync()
    {
        try
        {
            await core.Sequencer.LookAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is RefusalException or InvalidOperationException)
        {
            Log.OthersNotFollowed(log, error);
        }
    }

    private async Task TickAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(Interval, time);
        Task following = Task.CompletedTask;
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
        {
            if (following.IsFaulted) await following.ConfigureAwait(false);
            if (following.IsCompleted) following = Task.Run(() => FollowOnceAsync(cancellation), cancellation);
            await ReachAsync(cancellation).ConfigureAwait(false);
        }
    }
}
