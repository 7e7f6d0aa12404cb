using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Backup;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Storage.Backup;
using Gateway.Storage.Postgres;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway backup`: a broker or a node as it is at one moment, while it runs.</summary>
internal static class BackupCommand
{
    private const int MostAttempts = 5;

    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("Folder of the broker or node; GATEWAY_DIR, ./broker or ./node unless given.");
        Option<string> to = new("--to") { Description = "Folder to make; nothing is overwritten.", HelpName = "DIR", Required = true };
        Command command = new("backup", "Saves a broker or a node while it runs: store, settings, keys as they are sealed, with checksums. Keep it like the folder itself, apart from what opens the keys.") { to, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            (string path, FolderKind kind) = new Folder(frame.Surroundings).Find(parsed.GetValue(directory));
            BackupFolder folder = new(path, kind);
            string target = frame.PathOf(parsed.GetValue(to)!);
            if (Directory.Exists(target) || File.Exists(target)) throw new RefusalException(Refusal.Precondition("BACKUP_EXISTS", "There is something at this path already; nothing is overwritten.", target, "Name a folder that does not exist."));
            if (target.StartsWith(path + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new RefusalException(Refusal.Invalid("BACKUP_INSIDE", "A backup inside the folder it saves would save itself.", target, "Name a folder elsewhere, best on another disk."));
            string unfinished = target + ".unfinished";
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
            BackupManifest manifest = await SaveAsync(folder, unfinished, frame.Surroundings.Time.GetUtcNow(), cancellation);
            NodeDirectory.WriteSecret(Path.Combine(unfinished, BackupManifest.FileName), System.Text.Encoding.UTF8.GetBytes(manifest.ToJson()));
            Directory.Move(unfinished, target); // Last: a folder of that name is whole.
            output.Result(
                new { Directory = path, Backup = target, manifest.Kind, manifest.Store, manifest.LogSize, manifest.LogRoot, Files = manifest.Files.Count, Bytes = manifest.Files.Sum(file => file.Bytes) },
                console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Saved in {target}: {manifest.Files.Count} files, {manifest.Files.Sum(file => file.Bytes):N0} bytes{(manifest.LogSize is { } size ? $", log of {size:N0} leaves" : "")}. Put it back with: gateway restore --from {target} --dir DIR")));
            return ExitCode.Ok;
        });
    }

    // Store and keys belong together: where a key changed while the store was saved, both are saved again.
    private static async Task<BackupManifest> SaveAsync(BackupFolder folder, string target, DateTimeOffset at, CancellationToken cancellation)
    {
        string database = folder.Database, store = database.Length == 0 ? Path.GetFileName(folder.StoreFile) : "store.pgdump", saved = Path.Combine(target, store);
        for (int attempt = 1; ; attempt++)
        {
            BackupFolder.Make(target);
            string before = folder.Digest();
            folder.CopyFiles(target);
            if (database.Length == 0) StoreSnapshot.Take(folder.StoreFile, saved);
            else await DumpAsync(PostgresAddress.Parse(database), saved, cancellation);
            if (folder.Digest() == before) break;
            if (attempt == MostAttempts) throw new RefusalException(Refusal.Unavailable("BACKUP_UNSETTLED", "The folder's keys or settings changed each time while they were saved.", folder.Path, "Try again when nobody changes them."));
            Directory.Delete(target, recursive: true);
        }

        SnapshotState? state = database.Length == 0 ? StoreSnapshot.Check(saved, folder.Kind == FolderKind.Broker) : null;
        return new BackupManifest
        {
            Kind = folder.Kind.ToString().ToLowerInvariant(),
            Network = folder.Network,
            MadeAt = at,
            Store = store,
            Schema = database.Length == 0 ? "" : PostgresDump.SchemaOf(PostgresAddress.Parse(database)),
            LogSize = state?.Size,
            LogRoot = state is null ? null : Convert.ToHexStringLower(state.Root.ToArray()),
            Files = [.. Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => BackupFile.Of(target, path))],
        };
    }

    private static async Task DumpAsync(PostgresAddress address, string target, CancellationToken cancellation)
    {
        try
        {
            await PostgresDump.SaveAsync(address, target, cancellation);
        }
        catch (PostgresToolException fault)
        {
            throw new RefusalException(Refusal.Precondition("BACKUP_TOOL_FAILED", fault.Message, address.Name, $"Install PostgreSQL's client programs of the server's version, or save folder and database yourself, the database by: {PostgresDump.CommandOf(address)}"));
        }
    }
}
