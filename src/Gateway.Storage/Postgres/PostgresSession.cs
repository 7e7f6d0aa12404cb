using Gateway.Storage.Sql;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>One connection to a database, with the statements prepared on it and the rows that wait to be written.</summary>
internal sealed class PostgresSession(NpgsqlConnection connection, Dialect dialect, ReplicaJournal? journal = null) : Session
{
    /// <summary>Queries sent before the first answer is read.</summary>
    private const int MostAtOnce = 256;

    private readonly Dictionary<string, PostgresStatement> _statements = [];
    private readonly List<PostgresStatement> _queues = [];

    public NpgsqlConnection Connection => connection;

    /// <summary>The statement whose rows are being read; a connection reads one at a time.</summary>
    public PostgresStatement? Reading { get; set; }

    public override ReplicaJournal? Journal => journal;

    /// <summary>Whether the connection can still be used.</summary>
    public bool IsOpen => connection.FullState == System.Data.ConnectionState.Open;

    public override long LastId
    {
        get
        {
            Settle();
            using var command = new NpgsqlCommand("SELECT lastval()", connection);
            return (long)command.ExecuteScalar()!;
        }
    }

    public override Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out PostgresStatement? statement))
        {
            Settle();
            _statements.Add(sql, statement = new PostgresStatement(this, dialect.Translate(connection, sql)));
        }

        return statement;
    }

    public override void AskEach<T>(string sql, IEnumerable<T> about, Action<Statement, T> bind, Action<Statement> read)
    {
        var query = (PostgresStatement)Prepare(sql);
        foreach (T[] some in about.Chunk(MostAtOnce))
        {
            using var batch = new NpgsqlBatch(connection);
            foreach (T one in some)
            {
                bind(query.Start(), one);
                batch.BatchCommands.Add(query.ToBatchCommand());
            }

            query.ReadAll(batch, read);
        }
    }

    // The row's lock makes the second of two wait until the first has committed; its condition, looked at again then, tells it so. Whatever else keeps writers apart, this keeps the log one.
    public override bool TryMoveHead(ulong from, ulong to) => from == 0
        ? Start("INSERT OR IGNORE INTO tree_head VALUES (?, ?)").Bind(1).Bind(to).Run() == 1 && Tell(to)
        : Start("UPDATE tree_head SET size = ? WHERE slot = 1 AND size = ?").Bind(to).Bind(from).Run() == 1 && Tell(to);

    /// <summary>Tells the other processes, when the transaction commits.</summary>
    private bool Tell(ulong size) => Start($"SELECT pg_notify({LogNews.Channel}, ?::bigint::text)").Bind(size).Step();

    /// <summary>Ends the reading that is under way and writes the rows that wait: then another command may run.</summary>
    public void Settle()
    {
        Reading?.Reset();
        for (int i = 0; i < _queues.Count; i++)
        {
            _queues[i].WriteQueue();
        }

        _queues.Clear();
    }

    public void AddQueue(PostgresStatement statement) => _queues.Add(statement);

    /// <summary>Runs a command without parameters or rows.</summary>
    public void Run(string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    public override void ResetAll()
    {
        Reading?.Reset();
        foreach (PostgresStatement statement in _queues) statement.ForgetQueue();
        _queues.Clear();
    }

    public override void Dispose()
    {
        foreach (PostgresStatement statement in _statements.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }
}
