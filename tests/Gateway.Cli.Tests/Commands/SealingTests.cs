using Gateway.Storage.Secrets;

namespace Gateway.Cli.Tests.Commands;

/// <summary>Keys are sealed by what a file holds or a person types, and never left plain unasked.</summary>
public sealed class SealingTests : IDisposable
{
    private static readonly string[] Init = ["broker", "init", "--network", "test.example", "--dir", "b", "--listen", "127.0.0.1:9", "--operator", "ann", "--operator", "ben"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private Func<string, string?>? _person;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_is_made_unsealed_unless_that_was_said()
    {
        Assert.Contains("[SEALING_UNDECIDED]", await RunAsync(ExitCode.Refused, Init), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "b")));
        File.WriteAllBytes(Path.Combine(_folder.Path, "secret"), new byte[32]);
        Assert.Contains("[SEALING_UNDECIDED]", await RunAsync(ExitCode.Refused, [.. Init, "--unsealed", "--secret-file", "secret"]), StringComparison.Ordinal);
        await RunAsync(ExitCode.Ok, [.. Init, "--unsealed"]);
        Assert.Null(SecretFolder.MethodOf(Path.Combine(_folder.Path, "b")));
    }

    [Fact]
    public async Task A_passphrase_file_seals_opens_and_is_changed_for_a_secret_file()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "passphrase"), "some words nobody guesses\nand a second line that does not count\n");
        File.WriteAllText(Path.Combine(_folder.Path, "wrong"), "some words somebody guesses");
        File.WriteAllBytes(Path.Combine(_folder.Path, "secret"), new byte[32]);
        await RunAsync(ExitCode.Ok, [.. Init, "--passphrase-file", "passphrase"]);
        string[] rekey = ["broker", "rekey", "--dir", "b"];
        Assert.Contains("[FOLDER_SEALED]", await RunAsync(ExitCode.Refused, [.. rekey, "--new-secret-file", "secret"]), StringComparison.Ordinal);
        Assert.Contains("[SEAL_NOT_OPENED]", await RunAsync(ExitCode.Refused, [.. rekey, "--new-secret-file", "secret", "--passphrase-file", "wrong"]), StringComparison.Ordinal);
        await RunAsync(ExitCode.Ok, [.. rekey, "--passphrase-file", "passphrase", "--new-secret-file", "secret"]);
        Assert.Contains("[SEAL_METHOD]", await RunAsync(ExitCode.Refused, [.. rekey, "--passphrase-file", "passphrase", "--new-secret-file", "secret"]), StringComparison.Ordinal);
        _environment["GATEWAY_SECRET_FILE"] = "secret";
        await RunAsync(ExitCode.Ok, [.. rekey, "--new-passphrase-file", "passphrase"]);
    }

    [Fact]
    public async Task A_person_is_asked_twice_when_sealing_and_once_when_opening()
    {
        List<string> asked = [];
        _person = prompt =>
        {
            asked.Add(prompt);
            return "typed by a person";
        };
        await RunAsync(ExitCode.Ok, Init);
        Assert.Equal(2, asked.Count);
        File.WriteAllBytes(Path.Combine(_folder.Path, "secret"), new byte[32]);
        await RunAsync(ExitCode.Ok, "broker", "rekey", "--dir", "b", "--new-secret-file", "secret");
        Assert.Equal(3, asked.Count);
    }

    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Surroundings surroundings = new()
        {
            Out = output, Error = error, IsTerminal = false, IsErrorTerminal = false, HearsSignals = false, CurrentDirectory = _folder.Path,
            Environment = name => _environment.GetValueOrDefault(name), AskSecret = _person,
        };
        int exit = await GatewayCommand.RunAsync(arguments, surroundings, CancellationToken.None);
        Assert.True(expected == exit, $"{exit}: {error}");
        return error.ToString();
    }
}
