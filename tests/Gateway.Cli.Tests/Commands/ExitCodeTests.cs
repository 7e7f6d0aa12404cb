using System.Text.Json;

namespace Gateway.Cli.Tests.Commands;

public sealed class ExitCodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _out.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("brokr")]
    [InlineData("screen")]
    [InlineData("node", "apply", "A", "--role", "PIRATE", "--network", "n", "--contact", "c", "--email", "e", "--phone", "p", "--out", "x")]
    [InlineData("member", "expel", "A")]
    [InlineData("change", "approve", "seven")]
    [InlineData("broker", "init", "--network", "test.example")]
    [InlineData("screen", "m.csv", "--wait", "soon")]
    [InlineData("dismiss", "--reason", "namesake", "--by", "ann")]
    [InlineData("dismiss", "--alert", "1", "--record", "00", "--reason", "namesake", "--by", "ann")]
    [InlineData("dismiss", "--shipment", "S1", "--reason", "namesake", "--by", "ann")]
    [InlineData("alerts", "--acknowledge", "1")]
    [InlineData("watch", "remove")]
    [InlineData("circle", "create", "c", "--template", "acx", "--steward", "A", "--member", "B", "--name-matching", "FUZZY")]
    public async Task A_command_line_that_is_not_understood_ends_with_2(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(arguments));
        Assert.Empty(_out.ToString());
        Assert.NotEmpty(_error.ToString());
    }

    [Fact]
    public async Task Help_ends_with_0() => Assert.Equal(ExitCode.Ok, await RunAsync("screen", "--help"));

    [Fact]
    public async Task A_broker_is_made_once()
    {
        string[] init = ["broker", "init", "--network", "test.example", "--dir", "b", "--operator", "ann", "--operator", "ben", "--unsealed"];
        Assert.Equal(ExitCode.Ok, await RunAsync(init));
        using JsonDocument made = JsonDocument.Parse(_out.ToString());
        Assert.Equal("test.example", made.RootElement.GetProperty("network").GetString());
        Assert.Equal(64, made.RootElement.GetProperty("genesis_hash").GetString()!.Length);
        Assert.Equal(ExitCode.Refused, await RunAsync(init));
        Assert.Contains("is not empty", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_does_not_run_ends_with_3()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("broker", "init", "--network", "test.example", "--dir", "b", "--listen", "127.0.0.1:9", "--operator", "ann", "--operator", "ben", "--unsealed"));
        Assert.Equal(ExitCode.Unavailable, await RunAsync("member", "list", "--dir", "b", "--operator", "ann"));
        Assert.Contains("[PEER_UNAVAILABLE]", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_is_not_made_for_one_operator()
    {
        Assert.Equal(ExitCode.Refused, await RunAsync("broker", "init", "--network", "test.example", "--dir", "b", "--operator", "ann", "--unsealed"));
        Assert.Contains("at least 2 operators", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_states_what_was_said_and_is_made_once_for_its_folder()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("broker", "init", "--network", "test.example", "--dir", "b", "--operator", "ann", "--operator", "ben", "--unsealed"));
        string[] apply = ["node", "apply", "Retail", "--role", "RETAILER", "--network", "b/network.json", "--contact", "Alex", "--email", "alex@one.example", "--phone", "1", "--dir", "n", "--unsealed", "--out"];
        Assert.Equal(ExitCode.Ok, await RunAsync([.. apply, "one.json"]));
        Assert.Equal(ExitCode.Ok, await RunAsync([.. apply, "again.json"]));
        Assert.Equal(await File.ReadAllTextAsync(_folder.File("one.json")), await File.ReadAllTextAsync(_folder.File("again.json")));
        apply[2] = "Another";
        Assert.Equal(ExitCode.Refused, await RunAsync([.. apply, "another.json"]));
        Assert.Contains("[APPLICATION_EXISTS]", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, await RunAsync("node", "init", "--dir", "elsewhere", "--invitation", "b/network.json"));
    }

    [Fact]
    public async Task A_folder_without_a_node_ends_with_1_and_a_json_error_where_asked_for()
    {
        Assert.Equal(ExitCode.Refused, await RunAsync("node", "status", "--json"));
        using JsonDocument error = JsonDocument.Parse(_error.ToString());
        Assert.Equal("NODE_NOT_INITIALISED", error.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, error.RootElement.GetProperty("exit_code").GetInt32());
    }

    [Fact]
    public async Task A_file_that_does_not_exist_ends_with_1()
    {
        Assert.Equal(ExitCode.Refused, await RunAsync("screen", "none.csv"));
        Assert.Contains("[FILE_NOT_FOUND]", _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) => GatewayCommand.RunAsync(
        arguments,
        new Surroundings { Out = _out, Error = _error, IsTerminal = false, IsErrorTerminal = false, Environment = _ => null, CurrentDirectory = _folder.Path },
        CancellationToken.None);
}
