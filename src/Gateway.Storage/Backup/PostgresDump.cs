using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Dapper;
using Gateway.Ledger;
using Gateway.Protocol.Log;
using Gateway.Storage.Postgres;
using Npgsql;

namespace Gateway.Storage.Backup;

/// <summary>A store in PostgreSQL, saved and put back by the database's own pg_dump and pg_restore: one moment of it, while its programs run.</summary>
public static class PostgresDump
{
    /// <summary>Saves the store's schema into a new file, for its owner alone.</summary>
    /// <exception cref="PostgresToolException">pg_dump is absent or failed.</exception>
    public static async Task SaveAsync(PostgresAddress address, string target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (new FileStream(target, options))
        {
            // pg_dump writes into a file that is there: its mode is ours from the first byte on.
        }

        await RunAsync("pg_dump", address, cancellation, "--format=custom", "--no-owner", "--no-privileges", $"--schema=\"{SchemaOf(address)}\"", $"--file={target}").ConfigureAwait(false);
        using FileStream written = new(target, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
    }

    /// <summary>Puts a saved store back into a schema of the same name that holds no table, all of it or nothing, and checks that its leaves have the root of its newest checkpoint.</summary>
    /// <exception cref="StoreRefusedException">The schema holds tables.</exception>
    /// <exception cref="PostgresToolException">pg_restore is absent or failed.</exception>
    /// <exception cref="StoreCorruptException">What was put back does not have the root of its newest checkpoint.</exception>
    public static async Task<SnapshotState> RestoreAsync(PostgresAddress address, string saved, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        string contents = saved + ".contents";
        try
        {
            using NpgsqlConnection connection = address.NewConnection();
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')").ConfigureAwait(false) > 0)
            {
                throw new StoreRefusedException($"The database {address.Name} holds tables already: nothing in it is overwritten. Empty the schema first, or name another database with a schema of the same name.");
            }

            // The schema itself is there, and may not be this user's to make.
            string list = await RunAsync("pg_restore", address, cancellation, "--list", saved).ConfigureAwait(false);
            await File.WriteAllLinesAsync(contents, list.Split('\n').Where(line => !line.Contains(" SCHEMA - ", StringComparison.Ordinal)), cancellation).ConfigureAwait(false);
            await RunAsync("pg_restore", address, cancellation, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", $"--use-list={contents}", $"--dbname={new NpgsqlConnectionStringBuilder(address.Connection).Database}", saved).ConfigureAwait(false);
            return await RequireRootAsync(connection, cancellation).ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error, address.Name);
        }
        finally
        {
            File.Delete(contents);
        }
    }

    /// <summary>The schema in which the store is.</summary>
    public static string SchemaOf(PostgresAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        string path = new NpgsqlConnectionStringBuilder(address.Connection).SearchPath ?? "";
        return path.Split(',')[0].Trim().Trim('"') is { Length: > 0 } schema ? schema : "public";
    }

    /// <summary>What an operator types to do the same by hand.</summary>
    public static string CommandOf(PostgresAddress address) => $"pg_dump --format=custom --no-owner --no-privileges --schema='\"{SchemaOf(address)}\"' --file=store.pgdump DATABASE";

    private static async Task<SnapshotState> RequireRootAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        LogFrontier frontier = new();
        using (NpgsqlCommand leaves = new("SELECT leaf_data FROM leaves ORDER BY idx", connection))
        using (NpgsqlDataReader reader = await leaves.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) frontier.Append(LeafData.HashOf(reader.GetFieldValue<byte[]>(0)));
        }

        byte[]? note = await connection.ExecuteScalarAsync<byte[]?>("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1").ConfigureAwait(false);
        return SnapshotRoot.Require(frontier, note);
    }

    // By the environment, which only this user and root may read: a password has no place in a command line.
    private static async Task<string> RunAsync(string program, PostgresAddress address, CancellationToken cancellation, params string[] arguments)
    {
        NpgsqlConnectionStringBuilder builder = new(address.Connection);
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PGHOST"] = builder.Host;
        start.Environment["PGPORT"] = builder.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGDATABASE"] = builder.Database;
        if (!string.IsNullOrEmpty(builder.Username)) start.Environment["PGUSER"] = builder.Username;
        if (!string.IsNullOrEmpty(builder.Password)) start.Environment["PGPASSWORD"] = builder.Password;
        if (!string.IsNullOrEmpty(builder.Passfile)) start.Environment["PGPASSFILE"] = builder.Passfile;
        if (builder.ShouldSerialize("SSL Mode")) start.Environment["PGSSLMODE"] = builder.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", SslMode other => other.ToString().ToLowerInvariant() };
        if (!string.IsNullOrEmpty(builder.RootCertificate)) start.Environment["PGSSLROOTCERT"] = builder.RootCertificate;
        try
        {
            using Process process = Process.Start(start) ?? throw new PostgresToolException(program, "it did not start");
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), error = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return process.ExitCode == 0 ? await output.ConfigureAwait(false) : throw new PostgresToolException(program, (await error.ConfigureAwait(false)).Trim());
        }
        catch (Win32Exception)
        {
            throw new PostgresToolException(program, "it is not installed, or not on the search path");
        }
    }
}

/// <summary>A program of PostgreSQL is absent or failed.</summary>
public sealed class PostgresToolException(string program, string why) : Exception($"{program}: {why}.")
{
    /// <summary>The program.</summary>
    public string Program { get; } = program;
}
