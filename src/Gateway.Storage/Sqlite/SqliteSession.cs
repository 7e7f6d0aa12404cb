using Gateway.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>One connection to a file, with the statements prepared on it.</summary>
internal sealed class SqliteSession(SqliteConnection connection) : Session
{
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    public SqliteConnection Connection => connection;

    public override long LastId => SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle!);

    public override Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out SqliteStatement? statement))
        {
            _statements.Add(sql, statement = new SqliteStatement(connection.Handle!, sql));
        }

        return statement;
    }

    public override void AskEach<T>(string sql, IEnumerable<T> about, Action<Statement, T> bind, Action<Statement> read)
    {
        Statement query = Prepare(sql);
        foreach (T one in about)
        {
            bind(query.Start(), one);
            while (query.Step()) read(query);
        }
    }

    // Transactions exclude each other: a look is enough.
    public override bool TryMoveHead(ulong from, ulong to) => LogTables.ReadSize(this) == from;

    /// <summary>Ends every execution, and with them the read transaction.</summary>
    public override void ResetAll()
    {
        foreach (SqliteStatement statement in _statements.Values)
        {
            statement.Reset();
        }
    }

    public override void Dispose()
    {
        foreach (SqliteStatement statement in _statements.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }
}
