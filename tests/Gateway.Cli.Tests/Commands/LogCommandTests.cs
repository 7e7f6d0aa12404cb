using System.Text.Json;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;

namespace Gateway.Cli.Tests.Commands;

/// <summary>How an auditor, a member and an officer check the broker, command by command.</summary>
public sealed class LogCommandTests : IDisposable
{
    private const string Network = "broker/network.json";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stranger_audits_the_log_from_zero_and_later_goes_on()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        string url = NetworkFile.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, Network))).Broker;
        JsonElement first = await network.OkAsync("log", "verify", url, "--network", Network, "--state", "audit.json");
        Assert.True(first.GetProperty("holds").GetBoolean());
        ulong size = first.GetProperty("size").GetUInt64();
        await using RunningCommand node = await network.StartNodeAsync("Acme Retail");
        JsonElement second = await network.OkAsync("log", "verify", url, "--key", first.GetProperty("key").GetString()!, "--certificate-authority", CertificateAuthority(), "--state", "audit.json");
        Assert.Equal((size, true), (second.GetProperty("verified_before").GetUInt64(), second.GetProperty("size").GetUInt64() > size));

        Assert.Equal("KEY_MISSING", await network.RefusedAsync("log", "verify", url, "--certificate-authority", CertificateAuthority()));
        Assert.Equal("GENESIS_FOREIGN", await network.RefusedAsync("log", "verify", url, "--network", Network, "--genesis", new string('a', 64)));
        Assert.Equal("TILE_UNAVAILABLE", await network.RefusedAsync("log", "verify", "https://localhost:1", "--network", Network));
        Assert.Equal("AUDIT_STATE_UNREADABLE", await network.RefusedAsync("log", "verify", url, "--network", Network, "--state", Network));
    }

    [Fact]
    public async Task A_member_exports_what_opens_the_entries_and_its_cosignature_is_counted()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        await using RunningCommand node = await network.StartNodeAsync("Acme Retail");
        string url = NetworkFile.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, Network))).Broker;
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        JsonElement standing;
        do
        {
            await Task.Delay(100, patience.Token);
            standing = JsonDocument.Parse((await network.CallAsync("log", "status", "--dir", "node")).Output).RootElement;
        }
        while (standing.GetProperty("cosigners").GetArrayLength() == 0 || standing.GetProperty("accepted_size").GetUInt64() == 0);

        await network.OkAsync("log", "export", "--out", "entries", "--dir", "node");
        JsonElement audited = await network.OkAsync("log", "verify", url, "--network", Network, "--entries", "entries");
        Assert.Equal(audited.GetProperty("size").GetUInt64(), audited.GetProperty("entries_opened").GetUInt64()); // Nothing but network-wide entries so far.
        JsonElement cosignature = Assert.Single(audited.GetProperty("cosignatures").EnumerateArray());
        Assert.Equal("VERIFIED", cosignature.GetProperty("standing").GetString());

        // What is changed in the export is found: each entry is what its leaf commits to.
        byte[] entries = await File.ReadAllBytesAsync(Path.Combine(_folder.Path, "entries"));
        entries[^1] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "changed"), entries);
        (int code, string output, _) = await network.CallAsync("log", "verify", url, "--network", Network, "--entries", "changed");
        Assert.Equal((ExitCode.Refused, true), (code, output.Contains("ENTRY_ALTERED", StringComparison.Ordinal)));

        JsonElement own = await network.OkAsync("log", "verify", "--dir", "node");
        Assert.Equal((0UL, true), (own.GetProperty("own_records").GetUInt64(), own.GetProperty("own_statements").GetUInt64() >= 1));
        await network.OkAsync("log", "checkpoint", "--out", "checkpoint", "--dir", "node");
        Assert.True((await network.OkAsync("log", "compare", "checkpoint", "--dir", "node")).GetProperty("same").GetBoolean());
        JsonElement settings = await network.OkAsync("node", "settings", "--gossip-peer", "https://other.example:7444", "--cosignatures", "3", "--dir", "node");
        Assert.Equal(("https://other.example:7444", 3), (settings.GetProperty("gossip_peers")[0].GetString(), settings.GetProperty("cosignature_quorum").GetInt32()));
        Assert.Equal("SETTINGS_INVALID", await network.RefusedAsync("node", "settings", "--gossip-peer", "other.example", "--dir", "node"));
    }

    [Fact]
    public async Task A_fork_and_a_rollback_since_the_last_audit_are_found_and_the_fork_is_proven_to_anyone()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        string url = NetworkFile.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, Network))).Broker;
        JsonElement first = await network.OkAsync("log", "verify", url, "--network", Network);
        string key = first.GetProperty("key").GetString()!;
        await WriteStateAsync("forked.json", key, size: 1);
        (int code, string output, _) = await network.CallAsync("log", "verify", url, "--network", Network, "--state", "forked.json", "--evidence", "evidence.json");
        Assert.Equal((ExitCode.Refused, true), (code, output.Contains("LOG_FORKED", StringComparison.Ordinal)));
        JsonElement proven = await network.OkAsync("log", "evidence", "verify", "evidence.json", "--network", Network);
        Assert.True(proven.GetProperty("proves").GetBoolean());
        Assert.Equal(ExitCode.Refused, await network.RunAsync("log", "evidence", "verify", "evidence.json", "--genesis", new string('a', 64)));
        Assert.Equal("EVIDENCE_UNREADABLE", await network.RefusedAsync("log", "evidence", "verify", Network, "--network", Network));

        await WriteStateAsync("larger.json", key, size: 1_000_000);
        (code, output, _) = await network.CallAsync("log", "verify", url, "--network", Network, "--state", "larger.json");
        Assert.Equal((ExitCode.Refused, true), (code, output.Contains("LOG_ROLLED_BACK", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_fork_of_a_log_that_serves_its_genesis_no_more_is_proven_by_what_an_earlier_audit_kept()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        string url = NetworkFile.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, Network))).Broker;
        await using Mirror mirror = await Mirror.StartAsync(url);
        string key = (await network.OkAsync("log", "verify", url, "--network", Network)).GetProperty("key").GetString()!;
        await network.OkAsync("log", "verify", mirror.Address, "--key", key, "--state", "kept.json");
        byte[] genesis = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, "kept.json"))).RootElement.GetProperty("genesis").GetBytesFromBase64();

        mirror.HidesGenesis = true;
        await WriteStateAsync("kept.json", key, size: 1, genesis);
        (int code, string output, _) = await network.CallAsync("log", "verify", mirror.Address, "--key", key, "--state", "kept.json", "--evidence", "evidence.json");
        Assert.Equal((ExitCode.Refused, true, false), (code, output.Contains("LOG_FORKED", StringComparison.Ordinal), output.Contains("GENESIS_MISSING", StringComparison.Ordinal)));
        Assert.True((await network.OkAsync("log", "evidence", "verify", "evidence.json", "--network", Network)).GetProperty("proves").GetBoolean());

        // Another log's is none, and without any it says so.
        foreach (byte[]? other in (byte[]?[])[null, [1, 2, 3]])
        {
            await WriteStateAsync("bare.json", key, size: 1, other);
            (code, output, _) = await network.CallAsync("log", "verify", mirror.Address, "--key", key, "--state", "bare.json", "--evidence", "bare-evidence.json");
            Assert.Equal((ExitCode.Refused, true, true), (code, output.Contains("LOG_FORKED", StringComparison.Ordinal), output.Contains("GENESIS_MISSING", StringComparison.Ordinal)));
        }
    }

    private string CertificateAuthority()
    {
        string path = Path.Combine(_folder.Path, "authority.pem");
        File.WriteAllText(path, NetworkFile.Parse(File.ReadAllText(Path.Combine(_folder.Path, Network))).CertificateAuthority);
        return path;
    }

    // The state that an audit of the other history would have left: signed by the log's own key.
    private async Task WriteStateAsync(string name, string key, ulong size, byte[]? genesis = null)
    {
        using SigningKey logKey = SigningKey.FromSeed(await File.ReadAllBytesAsync(new BrokerFiles(Path.Combine(_folder.Path, "broker")).LogSeed));
        SignedNote note = SignedNote.Sign(new Checkpoint("cli.test", size, MerkleHash.Leaf([1])).ToText(), new LogSigner("cli.test", logKey));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, name), JsonSerializer.Serialize(new { key, checkpoint = System.Text.Encoding.UTF8.GetString(note.ToBytes()), genesis }));
    }
}
