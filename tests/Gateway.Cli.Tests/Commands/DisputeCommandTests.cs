using System.Text.Json;
using Gateway.Broker.Hosting;

namespace Gateway.Cli.Tests.Commands;

/// <summary>docs/disputes.md and the commands for outcomes, as far as one node goes.</summary>
public sealed class DisputeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stranger_objects_with_the_network_s_file_alone_and_is_told_where_nobody_decides()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        string file = new BrokerFiles(network.BrokerFolder).Network;
        Assert.Equal("OBJECTION_EMPTY", await network.RefusedAsync("dispute", "file", "--network", file, "--ground", "UNTRUE", "--statement", "No."));
        Assert.Equal("OBJECTION_EMPTY", await network.RefusedAsync("dispute", "file", "--network", file, "--ground", "UNTRUE", "--name", "A Person"));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "long.txt"), new string('x', 8_001));
        Assert.Equal("OBJECTION_TOO_LONG", await network.RefusedAsync("dispute", "file", "--network", file, "--ground", "UNTRUE", "--name", "A Person", "--statement-file", "long.txt"));
        Assert.Equal("DISPUTE_DESK_MISSING", await network.RefusedAsync("dispute", "file", "--network", file, "--ground", "UNTRUE", "--name", "A Person", "--statement", "No."));
        Assert.Equal((0, 0), ((await network.OkAsync("broker", "status")).GetProperty("disputes").GetProperty("open").GetInt32(), (await network.OkAsync("broker", "status")).GetProperty("disputes").GetProperty("objections_waiting").GetInt32()));
    }

    [Fact]
    public async Task A_node_s_commands_say_what_is_wrong_row_by_row()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        await using RunningCommand node = await network.StartNodeAsync("Acme Retail");
        string unknown = new('0', 64);
        Assert.Empty((await network.OkAsync("dispute", "list")).GetProperty("disputes").EnumerateArray());
        Assert.Empty((await network.OkAsync("dispute", "inbox")).GetProperty("objections").EnumerateArray());
        Assert.Equal("NOTHING_TO_DISPUTE", await network.RefusedAsync("dispute", "open", "--ground", "UNTRUE"));
        Assert.Equal("RECORD_UNKNOWN", await network.RefusedAsync("dispute", "open", "--record", unknown, "--ground", "UNTRUE"));
        Assert.Equal("DISPUTE_UNKNOWN", await network.RefusedAsync("dispute", "show", unknown));
        Assert.Equal("DISPUTE_NOT_OPEN", await network.RefusedAsync("dispute", "resolve", unknown, "UPHELD", "--reason", "OUTDATED"));
        Assert.Equal("OBJECTION_UNKNOWN", await network.RefusedAsync("dispute", "inbox", "--close", "7"));
        Assert.Equal("RECORD_UNKNOWN", await network.RefusedAsync("outcome", "report", "SEIZED", "--record", "00000000", "--shipment", "S1", "--reason", "COUNTERFEIT"));
        Assert.Equal("OUTCOME_REASON", await network.RefusedAsync("outcome", "report", "SEIZED", "--record", unknown, "--shipment", "S1", "--reason", "GONE"));
        Assert.Equal("ALERT_UNKNOWN", await network.RefusedAsync("outcome", "report", "SEIZED", "--alert", "7", "--reason", "COUNTERFEIT"));
        Assert.Empty((await network.OkAsync("outcome", "summary")).GetProperty("records").EnumerateArray());

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "outcomes.csv"), $"""
            shipment_id,lane,record_id,outcome,reason
            S1,RED,{unknown},SEIZED,COUNTERFEIT
            S2,RED,{unknown},,
            S3,RED,xyz,SEIZED,COUNTERFEIT
            S4,RED,{unknown},STOLEN,COUNTERFEIT
            S5,RED,{unknown},RELEASED,COUNTERFEIT
            ,RED,{unknown},RELEASED,GENUINE

            """);
        StringWriter output = new(), error = new();
        Assert.Equal(ExitCode.PartlyBad, await GatewayCommand.RunAsync(["outcome", "import", "outcomes.csv", "--errors", "errors.csv"], network.Surroundings(output, error), CancellationToken.None));
        JsonElement report = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.Equal((6, 0, 5), (report.GetProperty("rows").GetInt32(), report.GetProperty("taken").GetInt32(), report.GetProperty("fault_count").GetInt32()));
        Assert.Equal([2, 4, 5, 6, 7], report.GetProperty("faults").EnumerateArray().Select(fault => fault.GetProperty("line").GetInt32()).Order());
        Assert.Equal(6, (await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "errors.csv"))).Length);
    }
}
