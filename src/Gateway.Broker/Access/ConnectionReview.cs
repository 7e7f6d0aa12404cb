using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol;
using Microsoft.Extensions.Hosting;

namespace Gateway.Broker.Access;

/// <summary>Reviews open connections by the clock: one that showed a certificate which is denied by now is cut within <see cref="Interval"/>, with all its streams.</summary>
public sealed class ConnectionReview(OpenConnections connections, Func<X509Certificate2, MemberId?, bool> isDenied, TimeProvider time) : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) connections.CutDenied(isDenied);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
