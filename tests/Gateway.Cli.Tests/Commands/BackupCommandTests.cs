using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Broker.Hosting;
using Gateway.Storage.Backup;

namespace Gateway.Cli.Tests.Commands;

/// <summary>`gateway backup` and `gateway restore`, of a broker and a node that run.</summary>
public sealed class BackupCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_running_broker_and_its_node_are_saved_and_put_back_whole()
    {
        NetworkOfCommands network = new(_folder.Path);
        await using RunningCommand broker = await network.StartBrokerAsync();
        await using RunningCommand node = await network.StartNodeAsync("Retailer One");
        JsonElement saved = await network.OkAsync("backup", "--dir", "broker", "--to", "saved-broker");
        Assert.Equal("broker", saved.GetProperty("kind").GetString());
        await network.OkAsync("backup", "--dir", "node", "--to", "saved-node");
        foreach (string folder in new[] { "saved-broker", "saved-node" }) RequireClosed(Path.Combine(_folder.Path, folder));
        Assert.Equal(["manifest.json", "broker.db", "broker.json", "log.seed", "oprf.seed", "ca.key"], new[] { "manifest.json", "broker.db", "broker.json", "log.seed", "oprf.seed", "ca.key" }.Where(name => File.Exists(Path.Combine(_folder.Path, "saved-broker", name))));
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(_folder.Path, "saved-node")).Select(Path.GetFileName), name => name is "high-water" or "node.lock" or "node.sock" or "node.index");

        // Nothing is overwritten, neither by a backup nor by a restore, and nothing is exchanged under a running program.
        Assert.Equal("BACKUP_EXISTS", await network.RefusedAsync("backup", "--dir", "broker", "--to", "saved-broker"));
        Assert.Equal("RESTORE_TARGET_EXISTS", await network.RefusedAsync("restore", "--from", "saved-broker", "--dir", "broker"));
        Assert.Equal("RESTORE_TARGET_RUNS", await network.RefusedAsync("restore", "--from", "saved-broker", "--dir", "broker", "--replace"));
        Assert.Equal("RESTORE_TARGET_RUNS", await network.RefusedAsync("restore", "--from", "saved-node", "--dir", "node", "--replace"));

        JsonElement restored = await network.OkAsync("restore", "--from", "saved-broker", "--dir", "broker-again");
        Assert.Equal(saved.GetProperty("log_root").GetString(), restored.GetProperty("log_root").GetString());
        RequireClosed(Path.Combine(_folder.Path, "broker-again"));
        Assert.True(File.Exists(new BrokerFiles(Path.Combine(_folder.Path, "broker-again")).Restored));
        await network.OkAsync("audit", "verify", "--dir", "broker-again");
        await network.OkAsync("restore", "--from", "saved-node", "--dir", "node-again");
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_folder.Path, "node", "member.key")), await File.ReadAllBytesAsync(Path.Combine(_folder.Path, "node-again", "member.key")));

        // In place of what is there, which is kept.
        JsonElement replaced = await network.OkAsync("restore", "--from", "saved-broker", "--dir", "broker-again", "--replace");
        Assert.True(File.Exists(Path.Combine(replaced.GetProperty("kept").GetString()!, "broker.db")));
    }

    [Fact]
    public async Task A_backup_in_which_anything_was_altered_is_refused_and_changes_nothing()
    {
        NetworkOfCommands network = new(_folder.Path);
        await (await network.StartBrokerAsync()).DisposeAsync();
        await network.OkAsync("backup", "--dir", "broker", "--to", "saved");
        string saved = Path.Combine(_folder.Path, "saved");
        foreach (string name in Directory.GetFiles(saved, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != BackupManifest.FileName))
        {
            byte[] content = await File.ReadAllBytesAsync(name);
            if (content.Length == 0) continue;
            content[content.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(name, content);
            Assert.Equal("BACKUP_DAMAGED", await RestoreAsync());
            content[content.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(name, content);
        }

        string stray = Path.Combine(saved, "stray");
        await File.WriteAllTextAsync(stray, "");
        Assert.Equal("BACKUP_DAMAGED", await RestoreAsync());
        File.Delete(stray);

        // Whoever altered the store and the checksums with it meets the log's root.
        string store = Path.Combine(saved, "broker.db");
        using (Microsoft.Data.Sqlite.SqliteConnection open = new($"Data Source={store};Pooling=False"))
        {
            open.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = open.CreateCommand();
            command.CommandText = "DELETE FROM leaves WHERE idx = (SELECT MAX(idx) FROM leaves)";
            command.ExecuteNonQuery();
        }

        foreach (string left in Directory.GetFiles(saved, "broker.db-*")) File.Delete(left);
        JsonNode manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(saved, BackupManifest.FileName)))!;
        BackupFile now = BackupFile.Of(saved, store);
        JsonNode line = manifest["files"]!.AsArray().Single(file => file!["name"]!.GetValue<string>() == "broker.db")!;
        (line["bytes"], line["sha256"]) = (now.Bytes, now.Sha256);
        await File.WriteAllTextAsync(Path.Combine(saved, BackupManifest.FileName), manifest.ToJsonString());
        Assert.Equal("BACKUP_DAMAGED", await RestoreAsync());

        await File.WriteAllTextAsync(Path.Combine(saved, BackupManifest.FileName), "{}");
        Assert.Equal("BACKUP_UNREADABLE", await RestoreAsync());
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "again")));

        Task<string> RestoreAsync() => network.RefusedAsync("restore", "--from", "saved", "--dir", "again");
    }

    private static void RequireClosed(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories)) Assert.Equal(Owner, File.GetUnixFileMode(file));
    }
}
