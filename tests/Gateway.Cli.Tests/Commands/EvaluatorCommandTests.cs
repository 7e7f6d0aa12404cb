using System.Text.Json;
using Gateway.Broker.Hosting;
using Gateway.Cli.Commands;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Tests.Commands;

/// <summary>docs/evaluators.md, command by command.</summary>
public sealed class EvaluatorCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_evaluator_is_admitted_given_a_share_and_given_a_fresh_one()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        Assert.Equal("BOX_KEY_DIFFERS", await AdmitWithAnotherKeyAsync(network));
        await using RunningCommand evaluator = await network.StartEvaluatorAsync();
        Assert.Equal([("broker", true, false), ("second", false, false)], await EvaluatorsAsync(network));

        long share = (await network.OkAsync("evaluator", "share", "second")).GetProperty("change_id").GetInt64();
        Assert.Equal("OWN_CHANGE", await network.RefusedAsync("change", "approve", $"{share}", "--operator", "operator-1"));
        await network.OkAsync("change", "approve", $"{share}", "--operator", "operator-2");
        await UntilInForceAsync(network);

        long fresh = (await network.OkAsync("evaluator", "rotate", "second", "--operator", "operator-2")).GetProperty("change_id").GetInt64();
        await network.OkAsync("change", "approve", $"{fresh}", "--operator", "operator-1");
        await UntilInForceAsync(network);
        Assert.Equal("EVALUATOR_NOT_ADMITTED", await network.RefusedAsync("evaluator", "share", "third"));
    }

    [Fact]
    public async Task A_member_sees_its_quota_and_an_operator_that_of_each()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        await using RunningCommand node = await network.StartNodeAsync("Acme Retail");
        JsonElement own = (await network.OkAsync("quota", "--dir", "node")).GetProperty("quotas");
        Assert.Equal(["records", "strong", "compound", "name"], own.EnumerateArray().Select(use => use.GetProperty("quota").GetString()));
        string member = (await network.OkAsync("broker", "status")).GetProperty("members")[0].GetProperty("member_id").GetString()!;
        Assert.Equal(own.ToString(), (await network.OkAsync("quota", "--dir", "broker", "--member", member)).GetProperty("quotas").ToString());
        Assert.Equal("MEMBER_INVALID", await network.RefusedAsync("quota", "--dir", "broker", "--member", "x"));
    }

    [Fact]
    public async Task A_node_whose_keys_are_sealed_shows_its_quota_to_who_opens_them()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        await using (await network.StartNodeAsync("Acme Retail"))
        {
        }

        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "secret"), new byte[32]);
        await network.OkAsync("node", "rekey", "--dir", "node", "--new-secret-file", "secret");
        Assert.Equal("FOLDER_SEALED", await network.RefusedAsync("quota", "--dir", "node"));
        network.Variables["GATEWAY_SECRET_FILE"] = "secret";

        // Its TLS key went with the old seal: the node makes another when it starts.
        await using (await network.StartAsync("node", "run"))
        {
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
            while (!File.Exists(Path.Combine(_folder.Path, "node", "tls.key"))) await Task.Delay(50, patience.Token);
        }

        Assert.Equal(4, (await network.OkAsync("quota", "--dir", "node")).GetProperty("quotas").GetArrayLength());
    }

    [Fact]
    public async Task What_waits_says_what_it_is_and_an_approval_that_gives_something_once_needs_a_file()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        string authority = (await network.OkAsync("broker", "ca", "rotate")).GetProperty("fingerprint").GetString()!;
        await network.OkAsync("operator", "apply", "eve", "--network", new BrokerFiles(network.BrokerFolder).Network, "--file", "eve.json", "--out", "eve.pem");
        string admission = (await network.OkAsync("operator", "propose", "eve", "--request", "eve.pem")).GetProperty("change_id").GetRawText();
        Assert.Equal("OUT_MISSING", await network.RefusedAsync("change", "approve", admission, "--operator", "operator-2"));
        JsonElement waiting = (await network.OkAsync("change", "list")).GetProperty("changes");
        Assert.Equal([$"add certificate authority {authority}", "admit operator eve"], waiting.EnumerateArray().Select(change => change.GetProperty("what").GetString()!).Order());
    }

    [Fact]
    public void Each_proposal_names_the_command_that_approves_it()
    {
        Assert.Equal("gateway change approve 7 --operator FILE --out FILE", ChangeCommands.ApprovalOf(new ChangeRecord { Id = 7, Change = new Change { Reveal = new RevealChange() } }));
        Assert.Equal("gateway change approve 8 --operator FILE", ChangeCommands.ApprovalOf(new ChangeRecord { Id = 8, Change = new Change { OprfKeys = new OprfKeysChange { ShareWith = "second" } } }));
    }

    [Fact]
    public async Task A_proof_that_is_none_is_not_believed()
    {
        NetworkOfCommands network = new(_folder.Path);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "proof.json"), "{\"recordId\": 1");
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "empty.json"), "{}");
        string genesis = new('0', 64);
        Assert.Equal("REVEAL_FILE_UNREADABLE", await network.RefusedAsync("reveal", "verify", "proof.json", "--genesis", genesis));
        Assert.Equal("REVEAL_INVALID", await network.RefusedAsync("reveal", "verify", "empty.json", "--genesis", genesis));
        Assert.Equal("GENESIS_HASH_INVALID", await network.RefusedAsync("reveal", "verify", "empty.json", "--genesis", "x"));
    }

    private static async Task<string> AdmitWithAnotherKeyAsync(NetworkOfCommands network)
    {
        await network.OkAsync("evaluator", "init", "--network", "cli.test", "--name", "other", "--dir", "other", "--unsealed");
        return await network.RefusedAsync("evaluator", "admit", "other/evaluator-request.json", "--box-key", new string('0', 64), "--out", "other.json");
    }

    private static async Task<(string, bool, bool)[]> EvaluatorsAsync(NetworkOfCommands network) =>
        [.. (await network.OkAsync("broker", "status")).GetProperty("evaluators").EnumerateArray().Select(evaluator => (evaluator.GetProperty("name").GetString()!, evaluator.GetProperty("in_force").GetBoolean(), evaluator.GetProperty("share_waits").GetBoolean()))];

    private static async Task UntilInForceAsync(NetworkOfCommands network)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!(await EvaluatorsAsync(network)).SequenceEqual([("broker", true, false), ("second", true, false)])) await Task.Delay(100, patience.Token);
    }
}
