using Gateway.Cryptography;

namespace Gateway.Cli;

/// <summary>What a command takes from the process it runs in, so that tests can run it without one.</summary>
public sealed record Surroundings
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where everything else goes.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person looks at <see cref="Out"/>.</summary>
    public required bool IsTerminal { get; init; }

    /// <summary>Whether a person looks at <see cref="Error"/>.</summary>
    public required bool IsErrorTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The folder relative paths start from.</summary>
    public required string CurrentDirectory { get; init; }

    /// <summary>Whether Ctrl-C and SIGTERM are for this command to hear; not where another command runs it and passes them on.</summary>
    public bool HearsSignals { get; init; } = true;

    /// <summary>Asks a person for a secret, which is not shown as it is typed; null where no person is there.</summary>
    public Func<string, string?>? AskSecret { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Randomness.</summary>
    public RandomSource Random { get; init; } = RandomSource.System;

    /// <summary>Those of the running process.</summary>
    public static Surroundings OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        IsTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
        CurrentDirectory = Directory.GetCurrentDirectory(),
        AskSecret = Console.IsInputRedirected || Console.IsErrorRedirected ? null : ReadWithoutEcho,
    };

    private static string ReadWithoutEcho(string prompt)
    {
        Console.Error.Write(prompt);
        System.Text.StringBuilder typed = new();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (key.KeyChar >= ' ') typed.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
