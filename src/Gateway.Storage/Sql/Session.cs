namespace Gateway.Storage.Sql;

/// <summary>One connection with the statements prepared on it. Used by one thread at a time.</summary>
internal abstract class Session : IDisposable
{
    /// <summary>The statement of this text, prepared the first time.</summary>
    public abstract Statement Prepare(string sql);

    /// <summary>A new execution of the statement of this text.</summary>
    public Statement Start(string sql, string table = "") => Prepare(sql).Start(table);

    /// <summary>Runs one query for each of many, in as few ways to the database and back as there can be.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="about">What it is run for.</param>
    /// <param name="bind">Binds its parameters, all of them.</param>
    /// <param name="read">Reads a row; asks nothing of the session meanwhile.</param>
    public abstract void AskEach<T>(string sql, IEnumerable<T> about, Action<Statement, T> bind, Action<Statement> read);

    /// <summary>The number the database gave the row inserted last.</summary>
    public abstract long LastId { get; }

    /// <summary>Moves the head of the log from one size to the next: compare and swap, so that of two who extend the same head one learns that it came too late.</summary>
    /// <returns>Whether the head stood at <paramref name="from"/>.</returns>
    public abstract bool TryMoveHead(ulong from, ulong to);

    /// <summary>What this process tells the others that share the store; null where there are none.</summary>
    public virtual ReplicaJournal? Journal => null;

    /// <summary>Ends every execution.</summary>
    public abstract void ResetAll();

    public abstract void Dispose();
}
