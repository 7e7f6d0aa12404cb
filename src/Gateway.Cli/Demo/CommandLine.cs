using Gateway.Protocol.Errors;

namespace Gateway.Cli.Demo;

/// <summary>Runs commands of `gateway` within this process, exactly as a person would type them.</summary>
internal sealed class CommandLine(Surroundings surroundings)
{
    /// <summary>Runs one quietly.</summary>
    /// <returns>Its result: JSON.</returns>
    /// <exception cref="RefusalException">It failed; says which, and what it said.</exception>
    public async Task<string> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter result = new(), errors = new();
        Surroundings quiet = surroundings with { Out = result, Error = errors, IsTerminal = false, IsErrorTerminal = false };
        int exit = await GatewayCommand.RunAsync(arguments, quiet, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return exit == ExitCode.Ok ? result.ToString() : throw Failed(arguments, exit, errors.ToString());
    }

    /// <summary>Runs one whose progress and result the person shall see.</summary>
    /// <exception cref="RefusalException">It failed.</exception>
    public async Task ShowAsync(CancellationToken cancellation, params string[] arguments)
    {
        int exit = await GatewayCommand.RunAsync(arguments, surroundings, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (exit != ExitCode.Ok) throw Failed(arguments, exit, "see above");
    }

    private static RefusalException Failed(string[] arguments, int exit, string errors)
    {
        string last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
        return new RefusalException(Refusal.Precondition("DEMO_STEP_FAILED", $"A step of the demo failed with exit code {exit}: {last}", $"gateway {string.Join(' ', arguments)}", "See the logs in the demo's folder."));
    }
}
