using System.Text.Json;
using Gateway.Cli;

namespace Gateway.EndToEnd;

/// <summary>`gateway` in this process.</summary>
internal static class Commands
{
    /// <summary>Runs a command that must end well, and gives what it printed.</summary>
    public static async Task<JsonElement> OkAsync(string folder, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await GatewayCommand.RunAsync(
            [.. arguments, "--json"],
            new Surroundings { Out = output, Error = error, IsTerminal = false, IsErrorTerminal = false, HearsSignals = false, Environment = _ => null, CurrentDirectory = folder },
            CancellationToken.None);
        Assert.True(code == ExitCode.Ok, $"{string.Join(' ', arguments)} ended with {code}: {error}");
        return JsonDocument.Parse(output.ToString()).RootElement;
    }
}
