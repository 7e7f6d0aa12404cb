using Gateway.Broker.Sequencing;
using Gateway.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Life;

/// <summary>Notes when records have ended, so that the desk can say how old an end is; whatever the log grew by, once a second at most.</summary>
public sealed class AcknowledgementWatch(AcknowledgementDesk desk, LogSignal signal, TimeProvider time, ILogger<AcknowledgementWatch> log) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the listener: no call meets a desk that has forgotten.
        await desk.LoadAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                ulong size = signal.Size;
                try
                {
                    await desk.NoteAsync(size, stoppingToken).ConfigureAwait(false);
                }
                catch (Exception error) when (error is StoreUnavailableException or StoreCorruptException)
                {
                    Log.DailyWorkFailed(log, error);
                }

                await Task.Delay(Round, time, stoppingToken).ConfigureAwait(false);
                await signal.WaitBeyondAsync(size, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
