using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace Gateway.Cli.Hosting;

/// <summary>Runs a composed host until the process is told to end.</summary>
internal static class HostRun
{
    /// <summary>Starts it, says so, and stops it gracefully when cancelled.</summary>
    public static async Task UntilToldAsync(WebApplication app, Action ready, CancellationToken cancellation)
    {
        await using (app)
        {
            await app.StartAsync(cancellation);
            ready();
            await app.WaitForShutdownAsync(cancellation);
        }
    }
}
