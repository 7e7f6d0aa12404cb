using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Gateway.Benchmarks;

/// <summary>SQLite's FTS5 with its trigram tokenizer in memory: the best-ranked name that shares a trigram with the one asked for.</summary>
internal static class TrigramPeer
{
    /// <summary>Names looked up a second.</summary>
    public static double Measure(IReadOnlyList<string> names, IReadOnlyList<string> queries)
    {
        using SqliteConnection connection = new("Data Source=:memory:");
        connection.Open();
        Execute(connection, "CREATE VIRTUAL TABLE names USING fts5(name, tokenize = 'trigram')");
        using (SqliteTransaction transaction = connection.BeginTransaction())
        {
            using SqliteCommand insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO names VALUES ($name)";
            SqliteParameter name = insert.Parameters.Add("$name", SqliteType.Text);
            foreach (string one in names)
            {
                name.Value = one;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        using SqliteCommand look = connection.CreateCommand();
        look.CommandText = "SELECT name FROM names WHERE names MATCH $query ORDER BY rank LIMIT 1";
        SqliteParameter query = look.Parameters.Add("$query", SqliteType.Text);
        long begun = Stopwatch.GetTimestamp();
        foreach (string one in queries)
        {
            query.Value = string.Join(" OR ", Enumerable.Range(0, Math.Max(1, one.Length - 2)).Select(i => $"\"{one.Substring(i, Math.Min(3, one.Length - i)).Replace("\"", "\"\"", StringComparison.Ordinal)}\"").Distinct());
            _ = look.ExecuteScalar();
        }

        return queries.Count / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
