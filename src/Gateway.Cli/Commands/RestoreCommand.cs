using System.CommandLine;
using System.Globalization;
using Gateway.Broker.Hosting;
using Gateway.Cli.Backup;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Backup;
using Gateway.Storage.Postgres;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway restore`: puts a backup back. Everything is checked before anything is replaced, and what is replaced is kept beside it.</summary>
internal static class RestoreCommand
{
    public static Command Create(CommandFrame frame)
    {
        Option<string?> directory = CommandFrame.DirectoryOption("Folder to make; GATEWAY_DIR, ./broker or ./node unless given.");
        Option<string> from = new("--from") { Description = "The backup's folder.", HelpName = "DIR", Required = true };
        Option<bool> replace = new("--replace") { Description = "Takes the place of the folder that is there, which is kept under another name." };
        Command command = new("restore", "Puts a backup of a broker or node back, after its checksums and its store were checked. A PostgreSQL store goes into the database that its settings name, whose schema must be empty.") { from, replace, directory };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string source = frame.PathOf(parsed.GetValue(from)!);
            BackupManifest manifest = BackupManifest.Read(source) ?? throw new RefusalException(Refusal.Invalid("BACKUP_UNREADABLE", "There is no backup of this program's format in the folder.", source, "Name the folder that `gateway backup --to` made."));
            FolderKind kind = manifest.Kind == "broker" ? FolderKind.Broker : FolderKind.Node;
            string target = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), kind);
            bool isThere = Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any();
            if (isThere && !parsed.GetValue(replace)) throw new RefusalException(Refusal.Precondition("RESTORE_TARGET_EXISTS", "The folder is not empty; nothing is overwritten.", target, "Name a folder that does not exist, or add --replace: the present one is then kept under another name."));
            SnapshotState? state = Check(source, manifest, kind);
            using IDisposable? held = isThere ? Hold(target, kind) : null;
            string unfinished = target + ".unfinished";
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
            BackupFolder.Make(unfinished);
            foreach (BackupFile file in manifest.Files.Where(file => file.Name != manifest.Store || manifest.Schema.Length == 0)) BackupFolder.CopyFile(Path.Combine(source, file.Name), Path.Combine(unfinished, file.Name));
            if (manifest.Schema.Length > 0) state = await RestoreDatabaseAsync(new BackupFolder(unfinished, kind).Database, Path.Combine(source, manifest.Store), manifest.Schema, cancellation);

            // How far a node has come is its own: without the mark it asks the broker. A broker holds until its members have shown that they hold nothing newer.
            string mark = Path.Combine(target, "high-water");
            if (kind == FolderKind.Broker) NodeDirectory.WriteSecret(new BrokerFiles(unfinished).Restored, System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{manifest.MadeAt:O}\n")));
            else if (File.Exists(mark)) BackupFolder.CopyFile(mark, Path.Combine(unfinished, "high-water"));
            string? kept = Replace(target, unfinished, isThere, frame.Surroundings.Time.GetUtcNow());
            output.Result(
                new { Directory = target, Kept = kept, manifest.Kind, manifest.Network, manifest.MadeAt, LogSize = state?.Size, LogRoot = state is null ? null : Convert.ToHexStringLower(state.Root.ToArray()) },
                console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{manifest.Kind} of {manifest.Network} as of {manifest.MadeAt:u} put back into {target}, log of {state?.Size:N0} leaves{(kept is null ? "" : $"; what was there is kept in {kept}")}. {(kind == FolderKind.Broker ? (manifest.Schema.Length > 0 ? "Run this broker alone: it appends nothing until most members have shown that they hold nothing newer, but another broker on the database, whose folder does not know of the restoring, would append at once. Start the others when this one has written to its log that it goes on." : "It appends nothing until most members have shown that they hold nothing newer.") : "It screens nothing until it has read on.")}")));
            return ExitCode.Ok;
        });
    }

    private static SnapshotState? Check(string source, BackupManifest manifest, FolderKind kind)
    {
        if (manifest.FaultsOf(source) is { Count: > 0 } faults) throw Damaged(string.Join("; ", faults));
        if (manifest.Schema.Length > 0) return null;
        try
        {
            SnapshotState state = StoreSnapshot.Check(Path.Combine(source, manifest.Store), kind == FolderKind.Broker);
            return state.Size == manifest.LogSize && Convert.ToHexStringLower(state.Root.ToArray()) == manifest.LogRoot ? state : throw Damaged("the store's log is another one than the manifest says");
        }
        catch (StoreCorruptException damaged)
        {
            throw Damaged(damaged.Message);
        }

        RefusalException Damaged(string why) => new(Refusal.DataLoss("BACKUP_DAMAGED", $"The backup is not what was saved: {why}. Nothing was changed.", source, "Take another backup."));
    }

    // Nobody may run the folder while it is exchanged.
    private static FileStream Hold(string target, FolderKind kind)
    {
        string path = kind == FolderKind.Broker ? new BrokerFiles(target).Lock : new NodeDirectory(target).LockFile;
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new RefusalException(Refusal.Precondition("RESTORE_TARGET_RUNS", $"A {kind.ToString().ToLowerInvariant()} runs in this folder.", target, "Stop it first."));
        }
    }

    private static async Task<SnapshotState> RestoreDatabaseAsync(string database, string saved, string schema, CancellationToken cancellation)
    {
        PostgresAddress address = PostgresAddress.Parse(database);
        if (PostgresDump.SchemaOf(address) != schema) throw new RefusalException(Refusal.Precondition("RESTORE_SCHEMA_DIFFERS", $"The backup is of the schema {schema}, and the settings name another one.", address.Name, "Put it back by pg_restore into a database of its own, and rename the schema there."));
        try
        {
            return await PostgresDump.RestoreAsync(address, saved, cancellation);
        }
        catch (PostgresToolException fault)
        {
            throw new RefusalException(Refusal.Precondition("BACKUP_TOOL_FAILED", fault.Message, address.Name, $"Install PostgreSQL's client programs of the server's version, or put the database back yourself into an empty schema, by: pg_restore --no-owner --no-privileges --single-transaction --exit-on-error --dbname=DATABASE {saved}"));
        }
    }

    private static string? Replace(string target, string unfinished, bool isThere, DateTimeOffset now)
    {
        string? kept = null;
        if (isThere)
        {
            kept = string.Create(CultureInfo.InvariantCulture, $"{target}.before-{now:yyyyMMdd-HHmmss}");
            Directory.Move(target, kept);
        }
        else if (Directory.Exists(target))
        {
            Directory.Delete(target);
        }

        Directory.Move(unfinished, target);
        return kept;
    }
}
