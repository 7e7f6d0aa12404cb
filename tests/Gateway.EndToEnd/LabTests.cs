using System.Diagnostics;
using System.Text.Json;
using Gateway.Cli;
using Gateway.Cli.Lab;
using Gateway.Protocol.V1;
using Gateway.Storage.Tests.Postgres;
using Xunit.Abstractions;

namespace Gateway.EndToEnd;

/// <summary>`gateway lab`: whole networks of real processes, by the commands that people type.</summary>
public sealed class LabTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gw-").FullName;

    private string Lab => Path.Combine(_folder, "lab");

    [Fact]
    public async Task A_network_goes_up_outlives_a_kill_and_a_partition_and_goes_down_without_a_trace()
    {
        JsonElement up = await RunAsync("up", PlanOf(new LabPlan
        {
            Network = "lab.test",
            Members = [Member("retailer", "RETAILER"), Member("customs", "CUSTOMS"), Member("brand", "RIGHTS_HOLDER")],
            Circles = [Circle("customs", "retailer", "customs", "brand")],
        }));
        ProcessIdentity[] processes = [.. RowsOf(up).Select(row => ProcessIdentity.Of(row.GetProperty("pid").GetInt32()))];
        Assert.Equal(["broker", "wires", "retailer", "customs", "brand"], RowsOf(up).Select(row => row.GetProperty("process").GetString()));
        Assert.All(processes, process => Assert.True(process.IsRunning));
        LocalNode retailer = NodeOf("retailer"), customs = NodeOf("customs");
        await PublishAsync(retailer, "case-1", "sales@bad-shoes.example");
        await customs.UntilAsync(status => status.LiveRecords == 1, "the first record");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(ShipmentFrom("sales@bad-shoes.example"))).Decision);

        // Killed, it is gone, and says so; started again, it knows what it knew.
        JsonElement killed = await RunAsync("kill", "Customs");
        Assert.False(killed.GetProperty("running").GetBoolean());
        Assert.Equal("LAB_PROCESS_ENDED", await RefusedAsync("kill", "customs"));
        Assert.False(RowOf(await RunAsync("status"), "customs").TryGetProperty("pid", out _));
        await RunAsync("restart", "customs");
        customs = NodeOf("customs");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(ShipmentFrom("sales@bad-shoes.example"))).Decision);
        await customs.UntilAsync(status => status.BrokerConnected, "the broker");

        // Cut off, it hears nothing and can ask nothing, while the others go on.
        await RunAsync("partition", "customs");
        await PublishAsync(retailer, "case-2", "sales@worse-shoes.example");
        GetStatusResponse ahead = await NodeOf("brand").UntilAsync(status => status.LiveRecords == 2, "the second record");
        ScreeningResult alone = (await customs.Screening.ScreenAsync(new ScreenRequest { Shipment = ShipmentFrom("sales@worse-shoes.example"), WaitMilliseconds = 1_000 })).Result;
        Assert.Equal(ScreeningDecision.Pending, alone.Decision);
        Assert.Equal(1ul, (await customs.StatusAsync()).LiveRecords);
        Assert.Equal("broker", RowOf(await RunAsync("status"), "customs").GetProperty("partitioned")[0].GetString());
        Assert.Equal("LAB_LINK_UNKNOWN", await RefusedAsync("partition", "customs", "retailer"));

        long healing = Stopwatch.GetTimestamp();
        await RunAsync("heal");
        await customs.UntilAsync(status => status.LogSize >= ahead.LogSize && status.LiveRecords == 2, "what it missed");
        output.WriteLine($"Converged {Stopwatch.GetElapsedTime(healing).TotalSeconds:0.0} s after healing began");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(ShipmentFrom("sales@worse-shoes.example"))).Decision);
        JsonElement status = await RunAsync("status");
        Assert.Single(RowsOf(status).Where(row => row.TryGetProperty("log_root", out _)).Select(row => row.GetProperty("log_root").GetString()).Distinct());
        Assert.All(RowsOf(status), row => Assert.Equal(0, row.GetProperty("partitioned").GetArrayLength()));

        // Left and taken up again, it is the same network.
        processes = [.. RowsOf(status).Select(row => ProcessIdentity.Of(row.GetProperty("pid").GetInt32()))];
        Assert.Equal(5, (await RunAsync("down", "--keep")).GetProperty("ended").GetInt32());
        Assert.DoesNotContain(processes, process => process.IsRunning);
        status = await RunAsync("up");
        await NodeOf("customs").UntilAsync(status => status is { BrokerConnected: true, LiveRecords: 2 }, "the broker, with all records");
        processes = [.. RowsOf(status).Select(row => ProcessIdentity.Of(row.GetProperty("pid").GetInt32()))];
        Assert.Equal(5, (await RunAsync("down")).GetProperty("ended").GetInt32());
        Assert.DoesNotContain(processes, process => process.IsRunning);
        Assert.False(Directory.Exists(Lab));
        Assert.Equal(0, (await RunAsync("down")).GetProperty("ended").GetInt32());
    }

    [PostgresFact]
    public async Task Two_brokers_on_a_PostgreSQL_of_the_labs_have_one_log_and_one_outlives_the_other()
    {
        JsonElement up = await RunAsync("up", PlanOf(new LabPlan
        {
            Network = "lab.test",
            Brokers = 2,
            Store = LabStore.Postgresql,
            Members = [Member("retailer", "RETAILER"), Member("customs", "CUSTOMS") with { Store = LabStore.Postgresql }],
            Circles = [Circle("customs", "retailer", "customs")],
        }));
        Assert.Equal(["postgresql", "broker", "broker-2", "wires", "retailer", "customs"], RowsOf(up).Select(row => row.GetProperty("process").GetString()));
        LocalNode retailer = NodeOf("retailer"), customs = NodeOf("customs");
        await PublishAsync(retailer, "case-1", "sales@bad-shoes.example");
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record, by the other broker");

        // The second node's first broker is the second one, which goes on without the first.
        await RunAsync("kill", "broker");
        Assert.Equal(ScreeningDecision.Hit, (await customs.ScreenAsync(ShipmentFrom("sales@bad-shoes.example"))).Decision);
        await PublishAsync(customs, "case-2", "sales@worse-shoes.example");
        await RunAsync("restart", "broker");
        await retailer.UntilAsync(status => status is { BrokerConnected: true, LiveRecords: 2 }, "what it missed");

        // Nor is the database's death the end: brokers and nodes go on when it is back.
        await RunAsync("kill", "postgresql");
        await RunAsync("restart", "postgresql");
        await PublishAsync(retailer, "case-3", "sales@worst-shoes.example");
        await customs.UntilAsync(status => status.LiveRecords == 3, "the third record");
        await retailer.UntilAsync(status => status.LiveRecords == 3, "the third record");
        JsonElement status = await RunAsync("status");
        Assert.Equal(RowOf(status, "broker-2").GetProperty("log_root").GetString(), RowOf(status, "broker").GetProperty("log_root").GetString());
        ProcessIdentity[] processes = [.. RowsOf(status).Select(row => ProcessIdentity.Of(row.GetProperty("pid").GetInt32()))];
        string database = RowOf(status, "postgresql").GetProperty("address").GetString()!;
        Assert.True(Directory.Exists(database));
        Assert.Equal(6, (await RunAsync("down")).GetProperty("ended").GetInt32());
        Assert.DoesNotContain(processes, process => process.IsRunning);
        Assert.False(Directory.Exists(database));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // Whatever a test that failed has left running ends here.
    public async Task DisposeAsync()
    {
        await CallAsync("down");
        Directory.Delete(_folder, recursive: true);
    }

    private static LabMember Member(string name, string role) => new() { Name = name, Role = role };

    private static LabCircle Circle(string steward, params string[] members) => new() { Name = "protocol", Template = "customs-protocol", Steward = steward, Members = members };

    private static Shipment ShipmentFrom(string email) => LocalNode.ShipmentOf(email, "Someone Else Ltd", email);

    private static async Task PublishAsync(LocalNode node, string reference, string email) =>
        Assert.Equal(ContributionState.Published, Assert.Single(await node.ContributeAsync(LocalNode.Case("protocol", reference, "Bad Shoes Trading GmbH", email))).State);

    private static JsonElement.ArrayEnumerator RowsOf(JsonElement status) => status.GetProperty("processes").EnumerateArray();

    private static JsonElement RowOf(JsonElement status, string process) => RowsOf(status).Single(row => row.GetProperty("process").GetString() == process);

    private LocalNode NodeOf(string name) => LocalNode.RunningIn(Path.Combine(Lab, name));

    private string PlanOf(LabPlan plan)
    {
        string file = Path.Combine(_folder, "plan.json");
        File.WriteAllText(file, plan.ToJson());
        return file;
    }

    private async Task<JsonElement> RunAsync(string verb, params string[] arguments)
    {
        (int exit, string result, string error) = await CallAsync(verb, arguments);
        Assert.True(exit == ExitCode.Ok, $"lab {verb} ended with {exit}: {error}");
        return JsonDocument.Parse(result).RootElement;
    }

    private async Task<string> RefusedAsync(string verb, params string[] arguments)
    {
        (int exit, _, string error) = await CallAsync(verb, [.. arguments, "--json"]);
        Assert.Equal(ExitCode.Refused, exit);
        return JsonDocument.Parse(error).RootElement.GetProperty("error").GetProperty("code").GetString()!;
    }

    private async Task<(int Exit, string Result, string Error)> CallAsync(string verb, params string[] arguments)
    {
        using StringWriter result = new(), error = new();
        int exit = await GatewayCommand.RunAsync(["lab", verb, .. arguments, "--dir", Lab], ProcessNetwork.Surroundings(result, error), CancellationToken.None);
        return (exit, result.ToString(), error.ToString());
    }
}
