using System.Globalization;
using Dapper;
using Gateway.Ledger;
using Gateway.Protocol.Log;
using Gateway.Storage.Postgres;
using Gateway.Storage.Sql;
using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Storage.Copying;

/// <summary>
/// Copies a broker's or a node's SQLite store into an empty PostgreSQL database, in one transaction there. The file is read as it was at one moment, so that its program may run; what is
/// written afterwards is not in the copy. Before the copy is committed it is read back: every row has its hash, every table is the same, and the leaves have the root of the newest checkpoint.
/// </summary>
public static class StoreCopy
{
    /// <summary>Copies.</summary>
    /// <param name="file">The SQLite file.</param>
    /// <param name="target">The database, in which the store's schema is made.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellation">Ends the copying; nothing is there then.</param>
    /// <exception cref="StoreRefusedException">The file is no store of this program's version, or the target holds rows.</exception>
    /// <exception cref="StoreCorruptException">A row of the file does not have its hash, or what was read back is not what was written.</exception>
    /// <exception cref="StoreUnavailableException">One of both cannot be used now.</exception>
    public static CopiedStore Copy(string file, PostgresAddress target, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        SQLitePCL.Batteries_V2.Init();
        try
        {
            using var source = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            source.Open();
            StoreRole role = RoleOf(source, file);
            using NpgsqlConnection connection = PostgresDatabase.ConnectTo(target, role, time);
            source.Execute("BEGIN DEFERRED"); // One moment of the file, until it is closed.
            using NpgsqlTransaction writing = connection.BeginTransaction();
            PostgresMigrations.TakeTurn(connection, role);
            List<Table> tables = [.. TablesOf(source, connection, target)];
            foreach (Table table in tables.Where(table => connection.ExecuteScalar<bool>($"SELECT EXISTS (SELECT 1 FROM {table.Name})")))
            {
                throw new StoreRefusedException($"The database {target} holds rows already (table {table.Name}): copy into an empty one.");
            }

            var copied = new List<CopiedTable>();
            foreach (Table table in tables)
            {
                cancellation.ThrowIfCancellationRequested();
                copied.Add(CopyTable(source, connection, table, cancellation));
            }

            (ulong size, TreeHash root) = RequireRoot(connection);
            if (role == StoreRole.Broker && size > 0) connection.Execute("INSERT INTO tree_head (slot, size) VALUES (1, @size)", new { size = (long)size });
            writing.Commit();
            return new CopiedStore(role.ToString(), copied, size, root);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, file);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error, target.Name);
        }
    }

    private static StoreRole RoleOf(SqliteConnection source, string file)
    {
        var role = (StoreRole)source.ExecuteScalar<int>("PRAGMA application_id");
        if (!Enum.IsDefined(role)) throw new StoreRefusedException($"The file {Path.GetFileName(file)} is no store: give the folder of a broker or a node.");
        int version = SqliteMigrations.ReadVersion(source, role, Path.GetFileName(file)), newest = Migrations.List(role.ToString()).Count;
        return version == newest ? role : throw new StoreRefusedException($"The store {Path.GetFileName(file)} has version {version} and this program's is {newest}: run its {role} once with this program, then copy.");
    }

    private static IEnumerable<Table> TablesOf(SqliteConnection source, NpgsqlConnection connection, PostgresAddress target)
    {
        foreach (string name in source.Query<string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'migrations' ORDER BY name").ToList())
        {
            List<string> columns = [.. source.Query<string>($"SELECT name FROM pragma_table_info('{name}') ORDER BY cid")];
            List<Dialect.Column> theirs = connection.ExecuteScalar<bool>("SELECT to_regclass(@name) IS NOT NULL", new { name }) ? Dialect.ReadColumns(connection, name) : [];
            if (!columns.SequenceEqual(theirs.Select(column => column.Name))) throw new StoreRefusedException($"The table {name} has other columns in the database {target} than in the file: use one version of the program for both.");
            yield return new Table(name, columns, theirs[0].IsNumbered, string.Join(", ", Dialect.ReadPrimaryKey(connection, name)));
        }
    }

    private static CopiedTable CopyTable(SqliteConnection source, NpgsqlConnection connection, Table table, CancellationToken cancellation)
    {
        string columns = string.Join(", ", table.Columns), rows = $"SELECT {columns} FROM {table.Name} ORDER BY {table.Key}";
        using RowDigest sent = new(table.Name, table.Columns, table.IsNumbered), received = new(table.Name, table.Columns, table.IsNumbered);
        using (NpgsqlBinaryImporter writer = connection.BeginBinaryImport($"COPY {table.Name} ({columns}) FROM STDIN (FORMAT BINARY)"))
        using (var read = new SqliteCommand(rows, source))
        using (SqliteDataReader reader = read.ExecuteReader())
        {
            object?[] row = new object?[table.Columns.Count];
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                sent.Add(row);
                Write(writer, row);
            }

            writer.Complete();
        }

        using (var check = new NpgsqlCommand(rows, connection))
        using (NpgsqlDataReader reader = check.ExecuteReader())
        {
            object?[] row = new object?[table.Columns.Count];
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                received.Add(row);
            }
        }

        byte[] digest = sent.Finish();
        if (!digest.AsSpan().SequenceEqual(received.Finish())) throw new StoreCorruptException($"The table {table.Name} as it was read back is not what was written.", inner: null);
        if (table.IsNumbered) GoOnNumbering(source, connection, table);
        return new CopiedTable(table.Name, sent.Rows, Convert.ToHexStringLower(digest));
    }

    private static void Write(NpgsqlBinaryImporter writer, object?[] row)
    {
        writer.StartRow();
        foreach (object? value in row)
        {
            switch (value)
            {
                case null:
                    writer.WriteNull();
                    break;
                case long number:
                    writer.Write(number, NpgsqlDbType.Bigint);
                    break;
                case string text:
                    writer.Write(text, NpgsqlDbType.Text);
                    break;
                default:
                    writer.Write((byte[])value, NpgsqlDbType.Bytea);
                    break;
            }
        }
    }

    /// <summary>The next number is higher than any the file gave: numbers of deleted rows do not come again.</summary>
    private static void GoOnNumbering(SqliteConnection source, NpgsqlConnection connection, Table table)
    {
        long last = source.ExecuteScalar<long>($"SELECT COALESCE(MAX({table.Columns[0]}), 0) FROM {table.Name}");
        if (source.ExecuteScalar<long>("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'") > 0) last = Math.Max(last, source.ExecuteScalar<long?>("SELECT seq FROM sqlite_sequence WHERE name = @Name", new { table.Name }) ?? 0);
        if (last > 0) connection.Execute("SELECT setval(pg_get_serial_sequence(@name, @column), @last)", new { name = table.Name, column = table.Columns[0], last });
    }

    /// <summary>The root of the copied leaves, which must be the one of the newest checkpoint.</summary>
    private static (ulong Size, TreeHash Root) RequireRoot(NpgsqlConnection connection)
    {
        var frontier = new LogFrontier();
        using (var leaves = new NpgsqlCommand("SELECT leaf_data FROM leaves ORDER BY idx", connection))
        using (NpgsqlDataReader reader = leaves.ExecuteReader())
        {
            while (reader.Read()) frontier.Append(LeafData.HashOf(reader.GetFieldValue<byte[]>(0)));
        }

        byte[]? note = connection.ExecuteScalar<byte[]?>("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1");
        if (note is null && frontier.Size == 0) return (0, frontier.Root);
        bool holds = note is not null && SignedNote.TryParse(note, out SignedNote? signed, out _) && Checkpoint.TryParse(signed.Text, out Checkpoint? checkpoint, out _)
            && checkpoint.Size == frontier.Size && checkpoint.Root == frontier.Root;
        return holds ? (frontier.Size, frontier.Root) : throw new StoreCorruptException(string.Create(CultureInfo.InvariantCulture, $"The {frontier.Size} leaves of the store do not have the root of its newest checkpoint."), inner: null);
    }

    private sealed record Table(string Name, List<string> Columns, bool IsNumbered, string Key);
}

/// <summary>What was copied.</summary>
/// <param name="Role">Broker or Node.</param>
/// <param name="Tables">Its tables.</param>
/// <param name="Size">Leaves of the log.</param>
/// <param name="Root">Root of the log, in the file and in the database.</param>
public sealed record CopiedStore(string Role, IReadOnlyList<CopiedTable> Tables, ulong Size, TreeHash Root);

/// <summary>A table that was copied.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Digest">SHA-256 over its rows, the same in the file and in the database, hex.</param>
public sealed record CopiedTable(string Name, long Rows, string Digest);
