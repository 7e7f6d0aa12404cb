using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Cli.Lab;

namespace Gateway.Cli.Tests.Lab;

public sealed class LabPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Lab => Path.Combine(_folder.Path, "lab");

    [Theory]
    [InlineData("circles/0/members/0", "\"Nobody\"", "circles: acx has the member Nobody, whom \"members\" does not name")]
    [InlineData("circles/0/steward", "\"Customs\"", "circles: the steward of acx, Customs, is not among its members")]
    [InlineData("circles/0/template", "\"club\"", "circles: acx has the template 'club'")]
    [InlineData("circles/1/name", "\"acx\"", "circles: the name acx is there twice")]
    [InlineData("circles/0/members", "[\"Retailer One\"]", "circles: acx needs two members")]
    [InlineData("brokers", "2", "store: 2 brokers share one store, which a file cannot be")]
    [InlineData("brokers", "0", "brokers: 0 is not 1 to 9")]
    [InlineData("members/1/name", "\"Retailer One\"", "members: the name Retailer One is there twice")]
    [InlineData("members/1/folder", "\"customs\"", "members: the folder customs is there twice")]
    [InlineData("members/1/folder", "\"../elsewhere\"", "members: '../elsewhere' cannot be the folder of Retailer Two")]
    [InlineData("members/1/name", "\"Wires\"", "members: the folder of Wires has the name wires, which another part of the lab has")]
    [InlineData("members/0/role", "\"KING\"", "members: the role of Retailer One, 'KING', is none of ")]
    [InlineData("network", "\"not a name\"", "network: 'not a name' is not a lower-case DNS name")]
    [InlineData("port", "70000", "port: 70000 is not a port")]
    public async Task A_description_with_a_fault_is_refused_and_nothing_is_made(string where, string value, string says)
    {
        (string code, string what) = await RefusedAsync("up", Changed(where, value), "--dir", Lab);

        Assert.Equal("LAB_PLAN_INVALID", code);
        Assert.Contains(says, what, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Lab));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{ "network": "a.test", "borkers": 2 }""")]
    [InlineData("""{ "network": "a.test", "store": "oracle" }""")]
    [InlineData("""{ "network": "a.test", "members": null }""")]
    [InlineData("""{ "brokers": 1 }""")]
    public async Task A_description_that_says_what_nobody_understands_is_refused(string json)
    {
        Assert.Equal("LAB_PLAN_UNREADABLE", (await RefusedAsync("up", Written(json), "--dir", Lab)).Code);
        Assert.False(Directory.Exists(Lab));
    }

    [Fact]
    public async Task All_faults_are_named_at_once()
    {
        (_, string what) = await RefusedAsync("up", Written("""{ "network": "a.test", "brokers": 2, "members": [ { "name": "A", "role": "X" }, { "name": "A", "role": "POLICE" } ] }"""), "--dir", Lab);

        Assert.Contains("brokers share one store", what, StringComparison.Ordinal);
        Assert.Contains("'X', is none of", what, StringComparison.Ordinal);
        Assert.Contains("the name A is there twice", what, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_before_anything_is_made()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        Assert.Equal("ADDRESS_IN_USE", (await RefusedAsync("up", Changed("port", port), "--dir", Lab)).Code);
        Assert.False(Directory.Exists(Lab));
    }

    [Fact]
    public async Task A_folder_with_anything_in_it_is_neither_taken_nor_removed()
    {
        Directory.CreateDirectory(Lab);
        string file = Path.Combine(Lab, "thesis.txt");
        await File.WriteAllTextAsync(file, "all of it");

        Assert.Equal("FOLDER_NOT_EMPTY", (await RefusedAsync("up", "--dir", Lab)).Code);
        Assert.Equal("LAB_NOT_FOUND", (await RefusedAsync("down", "--dir", Lab)).Code);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task Another_process_that_has_the_number_of_one_of_the_labs_is_left_alone()
    {
        LabBook book = LabBook.Make(new LabFolder(Lab), DefaultPlan.Plan, new LabState());
        using Process stranger = Process.Start(new ProcessStartInfo("/bin/sleep", ["60"]))!;
        try
        {
            ProcessIdentity now = ProcessIdentity.Of(stranger.Id);
            Assert.True(now.IsRunning);
            book.Note("customs", now with { Began = now.Began + "0" });

            Assert.Equal("LAB_PROCESS_ENDED", (await RefusedAsync("kill", "customs", "--dir", Lab)).Code);
            (int exit, string output, _) = await new NetworkOfCommands(_folder.Path).CallAsync("lab", "down", "--dir", Lab);
            Assert.Equal(ExitCode.Ok, exit);
            Assert.Equal(0, JsonDocument.Parse(output).RootElement.GetProperty("ended").GetInt32());
            Assert.True(now.IsRunning);
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync();
        }

        Assert.False(ProcessIdentity.Of(stranger.Id).IsRunning);
    }

    [Fact]
    public async Task A_name_that_the_lab_has_not_is_refused_with_those_it_has()
    {
        LabBook.Make(new LabFolder(Lab), DefaultPlan.Plan, new LabState());

        Assert.Equal("LAB_NAME_UNKNOWN", (await RefusedAsync("restart", "broker-2", "--dir", Lab)).Code);
        Assert.Equal("LAB_UNFINISHED", (await RefusedAsync("up", "--dir", Lab)).Code);
        Assert.Equal("LAB_PLAN_DIFFERS", (await RefusedAsync("up", Changed("network", "\"other.test\""), "--dir", Lab)).Code);
    }

    [Fact]
    public async Task The_description_that_is_printed_is_one_that_can_be_given()
    {
        (int exit, string output, _) = await new NetworkOfCommands(_folder.Path).CallAsync("lab", "plan");

        Assert.Equal(ExitCode.Ok, exit);
        Assert.Equal(DefaultPlan.Plan.ToJson(), LabPlan.Parse(output, "plan").ToJson());
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(string Code, string What)> RefusedAsync(params string[] arguments)
    {
        (int exit, _, string error) = await new NetworkOfCommands(_folder.Path).CallAsync(["lab", .. arguments, "--json"]);
        Assert.Equal(ExitCode.Refused, exit);
        JsonElement fault = JsonDocument.Parse(error).RootElement.GetProperty("error");
        return (fault.GetProperty("code").GetString()!, fault.GetProperty("what").GetString()!);
    }

    // The default description with one value changed.
    private string Changed(string where, string value)
    {
        JsonNode plan = JsonNode.Parse(DefaultPlan.Plan.ToJson())!, at = plan;
        string[] steps = where.Split('/');
        foreach (string step in steps[..^1]) at = at is JsonArray array ? array[int.Parse(step, CultureInfo.InvariantCulture)]! : at[step]!;
        if (at is JsonArray last) last[int.Parse(steps[^1], CultureInfo.InvariantCulture)] = JsonNode.Parse(value);
        else at[steps[^1]] = JsonNode.Parse(value);
        return Written(plan.ToJsonString());
    }

    private string Written(string json)
    {
        string file = Path.Combine(_folder.Path, "plan.json");
        File.WriteAllText(file, json);
        return file;
    }
}
