using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Demo;

/// <summary>One run of the demo, phase by phase.</summary>
internal sealed class DemoRun(Surroundings surroundings, CommandOutput output, bool json)
{
    private readonly CommandLine _commands = new(surroundings);
    private readonly PhaseClock _clock = new(output, surroundings.Time);

    /// <summary>Runs it.</summary>
    /// <param name="given">An empty folder to work in, or null for a temporary one.</param>
    /// <param name="keep">Whether the network goes on afterwards.</param>
    /// <param name="cancellation">Ends everything that was started.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string? given, bool keep, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows()) throw new RefusalException(Refusal.Precondition("PLATFORM_UNSUPPORTED", "The demo starts its processes by /bin/sh.", "Windows", "Run it on Linux, or in WSL."));
        DemoFolder folder = DemoFolder.Make(given);
        output.Note($"Demo in {folder.Path}");
        DemoNetwork network = new(folder, _commands, surroundings.Time);
        await using (network)
        {
            await _clock.RunAsync("network", async () =>
            {
                await network.StartAsync(cancellation);
                return "a broker and four nodes run as processes of their own";
            });
            await _clock.RunAsync("circles", async () =>
            {
                await network.FoundCirclesAsync(cancellation);
                return "acx and customs-protocol have their keys at every member";
            });
            Checkpoint c = await network.AwaitConvergenceAsync(cancellation);
            output.Note(c.ToText());
            if (keep) network.Release(); if (json) output.Note("json");
        }
        return 0;
    }
}
