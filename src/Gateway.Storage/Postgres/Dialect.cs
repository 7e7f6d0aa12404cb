using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Storage.Postgres;

/// <summary>
/// The stores' statements in PostgreSQL's words. Parameters become numbered ones of known types. REPLACE INTO becomes an upsert on the primary key. INSERT OR IGNORE looks first, where the
/// database numbers the rows: PostgreSQL gives a number before it sees the conflict, and numbers are not to be used up by rows that are there already. Both kinds of insert also get the
/// form in which many rows go in by COPY.
/// </summary>
internal sealed partial class Dialect
{
    private readonly ConcurrentDictionary<string, PostgresText> _known = new(StringComparer.Ordinal);

    /// <summary>The statement in PostgreSQL's words; worked out once, over any connection.</summary>
    public PostgresText Translate(NpgsqlConnection connection, string sql)
    {
        if (!_known.TryGetValue(sql, out PostgresText? text))
        {
            _known[sql] = text = InsertOfValues().Match(sql) is { Success: true } insert ? TranslateInsert(connection, insert) : TranslateOther(connection, sql);
        }

        return text;
    }

    private static PostgresText TranslateInsert(NpgsqlConnection connection, Match insert)
    {
        string table = insert.Groups["table"].Value;
        List<Column> all = ReadColumns(connection, table);
        List<Column> columns = insert.Groups["columns"].Success
            ? [.. insert.Groups["columns"].Value.Split(',', StringSplitOptions.TrimEntries).Select(name => all.Find(column => column.Name == name) ?? throw new InvalidOperationException($"The table {table} has no column {name}."))]
            : all;
        int parameters = insert.Groups["values"].Value.Count(character => character == '?');
        if (parameters != columns.Count) throw new InvalidOperationException($"A row of {table} has {columns.Count} columns, not {parameters}.");

        NpgsqlDbType[] types = [.. columns.Select(column => TypeOf(column.Type))];
        string names = string.Join(", ", columns.Select(column => column.Name));
        string into = $"INSERT INTO {table} ({names})";
        string values = string.Join(", ", columns.Select((column, position) => $"${position + 1}::{column.Type}"));
        string copy = $"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)";
        switch (insert.Groups["kind"].Value)
        {
            case "INSERT INTO":
                return new PostgresText($"{into} VALUES ({values})", types, new CopyText(copy, null, null));
            case "INSERT OR IGNORE INTO":
                string[] held = all.Exists(column => column.IsNumbered) ? [.. ReadUniqueKeys(connection, table).Where(key => key.All(name => columns.Exists(column => column.Name == name)))
                    .Select(key => $"NOT EXISTS (SELECT 1 FROM {table} held WHERE {string.Join(" AND ", key.Select(name => $"held.{name} = row.{name}"))})")] : [];
                string unless = held.Length == 0 ? "" : " WHERE " + string.Join(" AND ", held);
                return new PostgresText(
                    $"{into} SELECT {names} FROM (SELECT {string.Join(", ", columns.Select((column, position) => $"${position + 1}::{column.Type} AS {column.Name}"))}) row{unless} ON CONFLICT DO NOTHING",
                    types,
                    new CopyText(
                        $"COPY many_{table} ({names}) FROM STDIN (FORMAT BINARY)",
                        $"CREATE TEMP TABLE IF NOT EXISTS many_{table} ON COMMIT DELETE ROWS AS SELECT {names} FROM {table} WITH NO DATA",
                        $"{into} SELECT {names} FROM many_{table} row{unless} ON CONFLICT DO NOTHING; DELETE FROM many_{table}"));
            default:
                string[] key = ReadPrimaryKey(connection, table);
                string update = string.Join(", ", columns.Where(column => !key.Contains(column.Name)).Select(column => $"{column.Name} = EXCLUDED.{column.Name}"));
                return new PostgresText($"{into} VALUES ({values}) ON CONFLICT ({string.Join(", ", key)}) DO UPDATE SET {update}", types, null);
        }
    }

    private static PostgresText TranslateOther(NpgsqlConnection connection, string sql)
    {
        int number = 0;
        string numbered = Parameter().Replace(Hint().Replace(sql, ""), _ => string.Create(CultureInfo.InvariantCulture, $"${++number}"));
        if (number == 0) return new PostgresText(numbered, [], null);

        // The server works the types out from the columns the parameters meet: so a NULL has one too.
        Run(connection, "PREPARE gateway_types AS " + numbered);
        try
        {
            string[] types = (string[])Scalar(connection, "SELECT ARRAY(SELECT format_type(type, NULL) FROM unnest(parameter_types::oid[]) WITH ORDINALITY AS parameter (type, place) ORDER BY place) FROM pg_prepared_statements WHERE name = 'gateway_types'");
            return new PostgresText(numbered, [.. types.Select(TypeOf)], null);
        }
        finally
        {
            Run(connection, "DEALLOCATE gateway_types");
        }
    }

    /// <summary>The columns of a table, in its order.</summary>
    public static List<Column> ReadColumns(NpgsqlConnection connection, string table)
    {
        using var command = new NpgsqlCommand(
            "SELECT attname::text, format_type(atttypid, NULL), attidentity <> '' FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = table, NpgsqlDbType = NpgsqlDbType.Text });
        using NpgsqlDataReader reader = command.ExecuteReader();
        var columns = new List<Column>();
        while (reader.Read()) columns.Add(new Column(reader.GetString(0), reader.GetString(1), reader.GetBoolean(2)));
        return columns;
    }

    /// <summary>The columns of a table's primary key.</summary>
    public static string[] ReadPrimaryKey(NpgsqlConnection connection, string table) => [.. ReadKeys(connection, table, "indisprimary")[0]];

    private static List<string[]> ReadUniqueKeys(NpgsqlConnection connection, string table) => ReadKeys(connection, table, "indisunique AND indpred IS NULL");

    private static List<string[]> ReadKeys(NpgsqlConnection connection, string table, string which)
    {
        using var command = new NpgsqlCommand(
            $"SELECT ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey) ORDER BY attnum) FROM pg_index WHERE indrelid = $1::regclass AND {which} ORDER BY indexrelid", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = table, NpgsqlDbType = NpgsqlDbType.Text });
        using NpgsqlDataReader reader = command.ExecuteReader();
        var keys = new List<string[]>();
        while (reader.Read()) keys.Add(reader.GetFieldValue<string[]>(0));
        return keys;
    }

    private static NpgsqlDbType TypeOf(string type) => type switch
    {
        "bigint" => NpgsqlDbType.Bigint,
        "bytea" => NpgsqlDbType.Bytea,
        "text" => NpgsqlDbType.Text,
        _ => throw new InvalidOperationException($"The stores have no columns of type {type}."),
    };

    private static void Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private static object Scalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar()!;
    }

    [GeneratedRegex(@"^(?<kind>INSERT INTO|INSERT OR IGNORE INTO|INSERT OR REPLACE INTO|REPLACE INTO) (?<table>\w+) (\((?<columns>[\w, ]+)\) )?VALUES \((?<values>[?, ]+)\)$", RegexOptions.CultureInvariant)]
    private static partial Regex InsertOfValues();

    /// <summary>Which index to use: a word to SQLite's planner alone.</summary>
    [GeneratedRegex(@" INDEXED BY \w+", RegexOptions.CultureInvariant)]
    private static partial Regex Hint();

    [GeneratedRegex(@"\?", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    /// <summary>A column: its name, its type, and whether the database numbers it.</summary>
    public sealed record Column(string Name, string Type, bool IsNumbered);
}

/// <summary>A statement as PostgreSQL gets it.</summary>
/// <param name="Sql">Its text, parameters as $1 upwards.</param>
/// <param name="Parameters">Types of the parameters.</param>
/// <param name="Copy">How many rows of it are written at once; null where they are not.</param>
internal sealed record PostgresText(string Sql, NpgsqlDbType[] Parameters, CopyText? Copy);

/// <summary>How many rows are written at once.</summary>
/// <param name="Copy">The COPY.</param>
/// <param name="Before">What is done before; null for nothing.</param>
/// <param name="After">What is done after; null for nothing.</param>
internal sealed record CopyText(string Copy, string? Before, string? After);
