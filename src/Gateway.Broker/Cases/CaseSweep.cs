using Gateway.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Cases;

/// <summary>Deletes sealed messages that nobody has fetched in time.</summary>
public sealed class CaseSweep(CaseDesk desk, TimeProvider time, ILogger<CaseSweep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            do
            {
                try
                {
                    if (await desk.ExpireAsync(stoppingToken).ConfigureAwait(false) is var undelivered and > 0) Log.CaseMessagesExpired(log, undelivered);
                }
                catch (Exception error) when (error is StoreUnavailableException or StoreCorruptException)
                {
                    Log.DailyWorkFailed(log, error);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
