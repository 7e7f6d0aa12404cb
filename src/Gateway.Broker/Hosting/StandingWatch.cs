using Gateway.Broker.Access;
using Gateway.Broker.Sequencing;
using Microsoft.Extensions.Hosting;

namespace Gateway.Broker.Hosting;

/// <summary>Cuts the open streams of members that are suspended, expelled or gone: as soon as the entry is committed, since every change of standing is one.</summary>
public sealed class StandingWatch(OpenCalls calls, LogSignal signal) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                ulong size = signal.Size;
                calls.CutUnserved();
                await signal.WaitBeyondAsync(size, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
