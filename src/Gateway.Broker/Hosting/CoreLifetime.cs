using Microsoft.Extensions.Hosting;

namespace Gateway.Broker.Hosting;

/// <summary>Closes the broker after its listener: hosted services stop in reverse order, and this one is the first. Where the host could not start, it is closed with the container.</summary>
internal sealed class CoreLifetime(BrokerCore core) : IHostedService, IAsyncDisposable
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => core.DisposeAsync();

    public Task StopAsync(CancellationToken cancellationToken) => core.DisposeAsync().AsTask();
}
