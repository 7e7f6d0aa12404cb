using Microsoft.Extensions.Hosting;

namespace Gateway.Broker.Hosting;

/// <summary>Closes the broker after its listener: hosted services stop in reverse order, and this one is the first.</summary>
internal sealed class CoreLifetime(BrokerCore core) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => core.DisposeAsync().AsTask();
}
