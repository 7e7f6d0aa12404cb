using Gateway.Node.Life;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Contributions;

/// <summary>Withdraws records whose correction stands in the log; none while the store is older than the node has been.</summary>
public sealed class Rectifier(Outbox outbox, StoreAge age, AlarmBell alarms, ILogger<Rectifier> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WorkSignal signal = outbox.NewSignal();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException full)
            {
                NodeEvents.StoreUnavailable(logger, full.Message);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                await alarms.RaiseFailureAsync("rectifying", fault, stoppingToken);
            }

            await signal.WaitAsync(Round, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes the rectifications under way one step further.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (age.IsBehind) return;
        foreach (Refusal refused in await outbox.AdvanceRectificationsAsync(cancellation)) await alarms.RaiseOnceAsync(refused, cancellation);
    }
}
