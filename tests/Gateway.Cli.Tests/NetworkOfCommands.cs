using Gateway.Broker.Hosting;
using System.Text.Json;
using Gateway.Cli.Lab;

namespace Gateway.Cli.Tests;

/// <summary>A broker, an evaluator and a node made and run by nothing but commands, in one folder and one process.</summary>
internal sealed class NetworkOfCommands(string folder)
{
    private readonly int _brokerPort = FreePort.Next();
    private readonly int _evaluatorPort = FreePort.Next();

    public Dictionary<string, string> Variables { get; } = [];

    public string BrokerFolder => Path.Combine(folder, "broker");

    public Surroundings Surroundings(TextWriter output, TextWriter error) => new()
    {
        Out = output,
        Error = error,
        IsTerminal = false,
        IsErrorTerminal = false,
        HearsSignals = false,
        Environment = name => Variables.GetValueOrDefault(name),
        CurrentDirectory = folder,
    };

    public async Task<int> RunAsync(params string[] arguments) => (await CallAsync(arguments)).Code;

    /// <summary>Runs a command that must end well.</summary>
    public async Task<JsonElement> OkAsync(params string[] arguments)
    {
        (int code, string output, string error) = await CallAsync(arguments);
        Assert.True(code == ExitCode.Ok, $"{string.Join(' ', arguments)} ended with {code}: {error}");
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>Runs a command that must be refused.</summary>
    public async Task<string> RefusedAsync(params string[] arguments)
    {
        (int code, _, string error) = await CallAsync([.. arguments, "--json"]);
        Assert.NotEqual(ExitCode.Ok, code);
        return JsonDocument.Parse(error).RootElement.GetProperty("error").GetProperty("code").GetString()!;
    }

    public async Task<RunningCommand> StartBrokerAsync()
    {
        await OkAsync("broker", "init", "--network", "cli.test", "--listen", $"127.0.0.1:{_brokerPort}", "--operator", "operator-1", "--operator", "operator-2", "--unsealed");
        return await StartAsync("broker", "run");
    }

    /// <summary>Makes, admits, enrols and starts the evaluator "second".</summary>
    public async Task<RunningCommand> StartEvaluatorAsync()
    {
        JsonElement made = await OkAsync("evaluator", "init", "--network", "cli.test", "--name", "second", "--listen", $"127.0.0.1:{_evaluatorPort}", "--unsealed");
        await OkAsync("evaluator", "admit", "evaluator/evaluator-request.json", "--box-key", made.GetProperty("box_key").GetString()!, "--out", "admission.json");
        await OkAsync("evaluator", "enrol", "admission.json");
        return await StartAsync("evaluator", "run");
    }

    public async Task<RunningCommand> StartNodeAsync(string name)
    {
        await OkAsync("node", "apply", name, "--role", "RETAILER", "--network", new BrokerFiles(BrokerFolder).Network, "--contact", "Alex Example", "--email", "alex@example.org", "--phone", "+49 40 123456", "--out", "application.json", "--unsealed");
        JsonElement proposed = await OkAsync("member", "propose", "application.json");
        await OkAsync("change", "approve", proposed.GetProperty("change_id").GetRawText(), "--operator", "operator-2", "--out", "invitation.json");
        await OkAsync("node", "init", "--invitation", "invitation.json");
        return await StartAsync("node", "run");
    }

    /// <summary>Starts a command that serves, and waits until it says that it is ready.</summary>
    public async Task<RunningCommand> StartAsync(params string[] arguments)
    {
        CancellationTokenSource ended = new();
        Ready ready = new();
        Task<int> running = Task.Run(() => GatewayCommand.RunAsync(arguments, Surroundings(TextWriter.Null, ready), ended.Token));
        Task first = await Task.WhenAny(ready.Said, running).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(first == ready.Said, ready.ToString());
        return new RunningCommand(running, ended);
    }

    /// <summary>Runs a command, however it ends.</summary>
    public async Task<(int Code, string Output, string Error)> CallAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await GatewayCommand.RunAsync(arguments, Surroundings(output, error), CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    private sealed class Ready : StringWriter
    {
        private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Said => _said.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith("ready: ", StringComparison.Ordinal) == true) _said.TrySetResult();
        }
    }
}

/// <summary>A command that serves until it is disposed.</summary>
internal sealed class RunningCommand(Task<int> running, CancellationTokenSource ended) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended.Dispose();
    }
}
