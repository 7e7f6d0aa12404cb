using System.Text.Json;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Demo;

/// <summary>Runs commands of `gateway` within this process, exactly as a person would type them.</summary>
internal sealed class CommandLine(Surroundings surroundings)
{
    /// <summary>Runs one.</summary>
    /// <returns>Its result.</returns>
    /// <exception cref="RefusalException">It failed; says which, and what it said. That part of the input was bad is no failure.</exception>
    public async Task<JsonElement> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter result = new(), errors = new();
        Surroundings quiet = surroundings with { Out = result, Error = errors, IsTerminal = false, IsErrorTerminal = false, HearsSignals = false };
        int exit = await GatewayCommand.RunAsync(arguments, quiet, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (exit is not (ExitCode.Ok or ExitCode.PartlyBad)) throw Failed(arguments, exit, errors.ToString());
        using JsonDocument document = JsonDocument.Parse(result.ToString());
        return document.RootElement.Clone();
    }

    private static RefusalException Failed(string[] arguments, int exit, string errors)
    {
        string last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
        return new RefusalException(Refusal.Precondition("DEMO_STEP_FAILED", $"A step of the demo failed with exit code {exit}: {last}", $"gateway {string.Join(' ', arguments)}", "See the logs in the demo's folder."));
    }
}
