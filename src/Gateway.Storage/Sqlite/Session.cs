using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>One connection with the statements prepared on it. Used by one thread at a time.</summary>
internal sealed class Session(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];

    public SqliteConnection Connection => connection;

    /// <summary>The statement of this text, prepared the first time.</summary>
    public Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement))
        {
            _statements.Add(sql, statement = new Statement(connection.Handle!, sql));
        }

        return statement;
    }

    /// <summary>A new execution of the statement of this text.</summary>
    public Statement Start(string sql, string table = "") => Prepare(sql).Start(table);

    /// <summary>The number SQLite gave the row inserted last.</summary>
    public long LastId => SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle!);

    /// <summary>Ends every execution, and with them the read transaction.</summary>
    public void ResetAll()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Reset();
        }
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }
}
