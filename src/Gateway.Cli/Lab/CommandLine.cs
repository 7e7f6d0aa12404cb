using System.Text.Json;
using Gateway.Cli.Connect;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Lab;

/// <summary>Runs commands of `gateway` within this process, exactly as a person would type them.</summary>
internal sealed class CommandLine(Surroundings surroundings)
{
    /// <summary>Environment variables that are for the folders of whoever calls, and not for a lab's, whose keys are not sealed.</summary>
    public static IReadOnlyList<string> NotForLabs { get; } = [Unlocking.SecretVariable, Unlocking.PassphraseVariable, Folder.Variable];

    /// <summary>Runs one.</summary>
    /// <returns>Its result.</returns>
    /// <exception cref="RefusalException">It failed; says which, and what it said. That part of the input was bad is no failure.</exception>
    public async Task<JsonElement> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter result = new(), errors = new();
        Surroundings quiet = surroundings with
        {
            Out = result,
            Error = errors,
            IsTerminal = false,
            IsErrorTerminal = false,
            HearsSignals = false,
            AskSecret = null,
            Environment = name => NotForLabs.Contains(name) ? null : surroundings.Environment(name),
        };
        int exit = await GatewayCommand.RunAsync(arguments, quiet, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (exit is not (ExitCode.Ok or ExitCode.PartlyBad)) throw Failed(arguments, exit, errors.ToString());
        using JsonDocument document = JsonDocument.Parse(result.ToString());
        return document.RootElement.Clone();
    }

    private static RefusalException Failed(string[] arguments, int exit, string errors)
    {
        string last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
        return new RefusalException(Refusal.Precondition("LAB_STEP_FAILED", $"A step failed with exit code {exit}: {last}", $"gateway {string.Join(' ', arguments)}", "See the logs in the lab's folder."));
    }
}
