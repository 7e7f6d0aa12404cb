using Microsoft.Extensions.Hosting;

namespace Gateway.Broker.Hosting;

/// <summary>Closes the broker after its listener, and lets its folder go last: hosted services stop in reverse order, and this one is the first. Where the host could not start, it is closed with the container.</summary>
internal sealed class CoreLifetime(BrokerCore core, BrokerLock held) : IHostedService, IAsyncDisposable
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await core.DisposeAsync().ConfigureAwait(false);
        held.Dispose();
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();
}
