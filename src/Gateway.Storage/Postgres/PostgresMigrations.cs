using System.Globalization;
using Dapper;
using Gateway.Storage.Sql;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>Brings a schema to the tables this program knows, and looks whether server and schema may hold a store at all.</summary>
internal static class PostgresMigrations
{
    /// <summary>PostgreSQL 14 and later.</summary>
    private const int OldestServer = 140000;

    /// <summary>Runs the migrations the schema lacks, all or none.</summary>
    /// <exception cref="StoreRefusedException">The schema holds another role's store, a newer program's, or none.</exception>
    public static void Run(NpgsqlConnection connection, StoreRole role, string name, TimeProvider time)
    {
        List<(int Number, string Name)> all = Migrations.List("Postgres" + role);
        if (ReadVersion(connection, role, name, all.Count) == all.Count) return;
        using NpgsqlTransaction transaction = connection.BeginTransaction();

        // Once in a version's life, often by a program that has only just started on a busy machine: what is too long for a transaction of every second is not for this one.
        connection.Execute("SET LOCAL idle_in_transaction_session_timeout = '60s'", transaction: transaction);
        TakeTurn(connection, role);
        int version = ReadVersion(connection, role, name, all.Count); // Another process may have been quicker.
        foreach ((int number, string resource) in all.Skip(version))
        {
            if (number == 1)
            {
                connection.Execute("CREATE TABLE migrations (number BIGINT PRIMARY KEY, role TEXT NOT NULL, name TEXT NOT NULL, applied_at TEXT NOT NULL)", transaction: transaction);
            }

            connection.Execute(Migrations.Read(resource), transaction: transaction);
            connection.Execute(
                "INSERT INTO migrations (number, role, name, applied_at) VALUES (@number, @role, @resource, @at)",
                new { number = (long)number, role = role.ToString(), resource, at = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) },
                transaction);
        }

        transaction.Commit();
    }

    /// <summary>Waits until no other transaction of the schema writes, and keeps others waiting until this one ends. Returns the transaction's number.</summary>
    public static string TakeTurn(NpgsqlConnection connection, StoreRole role)
    {
        using var command = new NpgsqlCommand("SELECT pg_current_xact_id()::text FROM (SELECT pg_advisory_xact_lock($1, current_schema()::regnamespace::oid::int4)) turn", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = (int)role });
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>Looks whether what is committed here survives loss of power, and whether damage shows.</summary>
    /// <exception cref="StoreRefusedException">It does not; the message says which setting to change.</exception>
    public static void RequireDurable(NpgsqlConnection connection, string name)
    {
        (int version, string commit, string sync, string pages, string checksums, string encoding, bool standby, string? schema) = connection.QuerySingle<(int, string, string, string, string, string, bool, string?)>(
            """
            SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'),
              current_setting('data_checksums'), current_setting('server_encoding'), pg_is_in_recovery(), current_schema()::text
            """);
        if (version < OldestServer) throw Refused($"its server is older than PostgreSQL {OldestServer / 10000}: use a newer one");
        if (commit is not ("on" or "remote_apply")) throw Refused($"synchronous_commit is {commit}, so that what was acknowledged may be lost: ALTER ROLE … SET synchronous_commit = on");
        if (sync != "on") throw Refused("fsync is off, so that what was acknowledged may be lost: set fsync = on in postgresql.conf");
        if (pages != "on") throw Refused("full_page_writes is off, so that loss of power may damage it: set full_page_writes = on in postgresql.conf");
        if (checksums != "on") throw Refused("its pages have no checksums, so that damage of the disk may go unseen: stop the server and run pg_checksums --enable");
        if (encoding != "UTF8") throw Refused($"its encoding is {encoding}: create a database WITH ENCODING 'UTF8'");
        if (schema is null) throw Refused("no schema of its search path exists: create it, or name another one by Search Path");
        if (standby) throw new StoreUnavailableException($"The database {name} is a standby and takes no writes: connect to the primary.", new InvalidOperationException("pg_is_in_recovery"));

        StoreRefusedException Refused(string why) => new($"The database {name} cannot hold a store: {why}.");
    }

    private static int ReadVersion(NpgsqlConnection connection, StoreRole role, string name, int newest)
    {
        const string Tables = "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')";
        List<string> tables = [.. connection.Query<string>(Tables)];
        if (tables.Count == 0) return 0;
        List<string> roles = tables.Contains("migrations") && connection.ExecuteScalar<long>("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'migrations' AND column_name IN ('number', 'role')") == 2
            ? [.. connection.Query<string>("SELECT DISTINCT role FROM migrations")]
            : [];
        if (roles is not [string held] || held != role.ToString())
        {
            string whose = roles is [string other] ? $"holds a {other} store" : "holds tables of another program";
            throw new StoreRefusedException($"The database {name} {whose} and cannot be opened as a {role} store: name this {role}'s own database, or a schema of its own by Search Path.");
        }

        long version = connection.ExecuteScalar<long>("SELECT MAX(number) FROM migrations");
        return version <= newest
            ? (int)version
            : throw new StoreRefusedException($"The store {name} has version {version} and this program knows versions up to {newest}: run the newer program that wrote it, or restore a backup from before the upgrade.");
    }
}
