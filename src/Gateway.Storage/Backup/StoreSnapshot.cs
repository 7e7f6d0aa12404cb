using Dapper;
using Gateway.Ledger;
using Gateway.Protocol.Log;
using Gateway.Storage.Sql;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Backup;

/// <summary>A copy of an SQLite store as it was at one moment, taken while its program runs.</summary>
public static class StoreSnapshot
{
    /// <summary>Copies the store into a new file, for its owner alone, on disk when this returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="target">The file to make.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read, or the file not be written.</exception>
    public static void Take(string store, string target)
    {
        SQLitePCL.Batteries_V2.Init();
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (new FileStream(target, options))
            {
                // VACUUM INTO takes an empty file that is there: its mode is ours from the first byte on.
            }

            using (SqliteConnection source = Open(store, SqliteOpenMode.ReadWrite)) source.Execute("VACUUM INTO @target", new { target });
            using FileStream written = new(target, FileMode.Open, FileAccess.ReadWrite);
            written.Flush(flushToDisk: true);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, store);
        }
    }

    /// <summary>Checks a store that no program has open: its pages and indexes, and that its leaves have the root of the newest checkpoint.</summary>
    /// <exception cref="StoreRefusedException">It is no store of this role, or a newer program's.</exception>
    /// <exception cref="StoreCorruptException">It is damaged.</exception>
    public static SnapshotState Check(string file, bool isBroker)
    {
        SQLitePCL.Batteries_V2.Init();
        try
        {
            using SqliteConnection store = Open(file, SqliteOpenMode.ReadOnly);
            if (SqliteMigrations.ReadVersion(store, isBroker ? StoreRole.Broker : StoreRole.Node, Path.GetFileName(file)) == 0) throw new StoreRefusedException($"The file {Path.GetFileName(file)} is empty: it is no store.");
            string? fault = store.Query<string>("PRAGMA integrity_check(1)").FirstOrDefault(line => line != "ok");
            if (fault is not null) throw new StoreCorruptException($"The store {Path.GetFileName(file)} is damaged: {fault}", inner: null);
            return RequireRoot(store);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, file);
        }
    }

    private static SnapshotState RequireRoot(SqliteConnection store)
    {
        LogFrontier frontier = new();
        using (SqliteCommand leaves = new("SELECT leaf_data FROM leaves ORDER BY idx", store))
        using (SqliteDataReader reader = leaves.ExecuteReader())
        {
            while (reader.Read()) frontier.Append(LeafData.HashOf(reader.GetFieldValue<byte[]>(0)));
        }

        byte[]? note = store.ExecuteScalar<byte[]?>("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1");
        return SnapshotRoot.Require(frontier, note);
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA busy_timeout = 5000");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}

/// <summary>How far a store had come.</summary>
/// <param name="Size">Leaves of the log.</param>
/// <param name="Root">Root over them.</param>
public sealed record SnapshotState(ulong Size, TreeHash Root);
