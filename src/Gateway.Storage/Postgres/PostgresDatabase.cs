using System.Collections.Concurrent;
using System.Data;
using Gateway.Storage.Sql;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>
/// A store in a schema of a PostgreSQL database, shared by any number of processes. Transactions that write take turns by a lock of the schema that ends with the transaction: what they
/// read they may build on, and numbers the database gives are committed in their order, as with SQLite. That the log has one end does not rest on it (<see cref="PostgresSession.TryMoveHead"/>).
/// A read sees one moment. Calls are synchronous and run on the caller's thread; there are never more than nine at a time.
/// </summary>
internal sealed class PostgresDatabase : SqlDatabase
{
    /// <summary>How long the fate of a commit whose answer was lost is asked for.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(5), BetweenQuestions = TimeSpan.FromMilliseconds(100);

    private readonly PostgresAddress _address;
    private readonly StoreRole _role;
    private readonly TimeProvider _time;
    private readonly ReplicaJournal? _journal;
    private readonly Dialect _dialect = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _reading = new(MaxReaders, MaxReaders);
    private readonly ConcurrentBag<PostgresSession> _idleReaders = [];
    private PostgresSession? _writer;
    private bool _disposed;

    private PostgresDatabase(PostgresAddress address, StoreRole role, TimeProvider time, ReplicaJournal? journal)
    {
        _address = address;
        _role = role;
        _time = time;
        _journal = journal;
    }

    /// <summary>Connects, and runs the missing migrations.</summary>
    public static PostgresDatabase Open(PostgresAddress address, StoreRole role, TimeProvider time, ReplicaJournal? journal = null)
    {
        var database = new PostgresDatabase(address, role, time, journal);
        PostgresSession? session = null;
        try
        {
            session = new PostgresSession(ConnectTo(address, role, time), database._dialect, journal);
            database._writer = session;
            return database;
        }
        catch (NpgsqlException error)
        {
            session?.Dispose();
            throw PostgresErrors.Translate(error, address.Name);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>A connection to a schema that has this program's tables. Errors of the database come as they are.</summary>
    public static NpgsqlConnection ConnectTo(PostgresAddress address, StoreRole role, TimeProvider time)
    {
        NpgsqlConnection connection = Connect(address, role);
        try
        {
            PostgresMigrations.Run(connection, role, address.Name, time);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override async ValueTask<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            (T result, string transaction, NpgsqlException? lost) = Transact(work);
            if (lost is not null) await RequireCommittedAsync(transaction, lost).ConfigureAwait(false);
            _journal?.End(committed: true);
            return result;
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error, _address.Name);
        }
        finally
        {
            _journal?.End(committed: false);
            _writing.Release();
        }
    }

    public override async ValueTask<T> ReadAsync<T>(Func<Session, T> work, CancellationToken cancellation)
    {
        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        return ReadAndRelease(work, isOneMoment: true);
    }

    public override async ValueTask<T> LookUpAsync<T>(Func<Session, T> work, CancellationToken cancellation)
    {
        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        return ReadAndRelease(work, isOneMoment: false);
    }

    public override T Read<T>(Func<Session, T> work)
    {
        _reading.Wait();
        return ReadAndRelease(work, isOneMoment: false);
    }

    /// <summary>PostgreSQL does so by itself.</summary>
    public override ValueTask ReclaimAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>
    /// Takes the deleted rows out of their pages, unless a reader may still see them. PostgreSQL overwrites what it took out when it uses the place again, and its write-ahead log, with what archives
    /// and backups keep of it, holds older pages for as long as the operator lets it.
    /// </summary>
    public override async ValueTask<bool> TryEraseAsync(IReadOnlyList<string> tables, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _writer ??= Connect();
            _writer.Run($"VACUUM {string.Join(", ", tables)}");
            return true;
        }
        catch (NpgsqlException error)
        {
            if (_writer is { IsOpen: false })
            {
                _writer.Dispose();
                _writer = null;
                ForgetReaders();
            }

            throw PostgresErrors.Translate(error, _address.Name);
        }
        finally
        {
            _writing.Release();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed) return;
            for (int reader = 0; reader < MaxReaders; reader++) await _reading.WaitAsync().ConfigureAwait(false);
            _disposed = true;
            ForgetReaders();
            _writer?.Dispose();
            _reading.Release(MaxReaders);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Runs a transaction. Returns its result and number, and the error by which the answer to its commit was lost, or null.</summary>
    private (T Result, string Transaction, NpgsqlException? Lost) Transact<T>(Func<Session, T> work)
    {
        (PostgresSession session, NpgsqlTransaction begun, string number) = Begin();
        try
        {
            T result = work(session);
            session.Settle();
            _journal?.BeforeCommit(session);
            try
            {
                begun.Commit();
                return (result, number, null);
            }
            catch (NpgsqlException lost) when (lost is not PostgresException { SqlState: ['2' or '4', ..] })
            {
                return (result, number, lost);
            }
        }
        finally
        {
            session.ResetAll();
            End(begun);
            if (!session.IsOpen)
            {
                session.Dispose();
                _writer = null;
                ForgetReaders();
            }
        }
    }

    /// <summary>Begins a transaction that writes, on a new connection where the last one was lost meanwhile: nothing was asked of it yet.</summary>
    private (PostgresSession Session, NpgsqlTransaction Begun, string Number) Begin()
    {
        if (_writer is { } held)
        {
            try
            {
                return Begin(held);
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException && !held.IsOpen)
            {
                held.Dispose();
                _writer = null;
                ForgetReaders();
            }
        }

        _writer = Connect();
        return Begin(_writer);
    }

    private (PostgresSession Session, NpgsqlTransaction Begun, string Number) Begin(PostgresSession session)
    {
        NpgsqlTransaction begun = session.Connection.BeginTransaction(IsolationLevel.ReadCommitted);
        try
        {
            return (session, begun, PostgresMigrations.TakeTurn(session.Connection, _role));
        }
        catch
        {
            End(begun);
            throw;
        }
    }

    /// <summary>Asks the database what became of a transaction.</summary>
    /// <exception cref="StoreUnavailableException">It was not committed, or that cannot be found out now.</exception>
    private async ValueTask RequireCommittedAsync(string transaction, NpgsqlException lost)
    {
        long started = _time.GetTimestamp();
        for (; _time.GetElapsedTime(started) < Doubt; await Task.Delay(BetweenQuestions, _time, CancellationToken.None).ConfigureAwait(false))
        {
            try
            {
                _writer ??= Connect();
                using var command = new NpgsqlCommand("SELECT pg_xact_status($1::text::xid8)", _writer.Connection);
                command.Parameters.Add(new NpgsqlParameter { Value = transaction });
                switch (command.ExecuteScalar() as string)
                {
                    case "committed":
                        return;
                    case "aborted":
                        throw PostgresErrors.Translate(lost, _address.Name);
                    default:
                        break; // Still on its way: the server has not noticed yet that nobody waits for it.
                }
            }
            catch (NpgsqlException)
            {
                _writer?.Dispose();
                _writer = null;
            }
        }

        throw new StoreUnavailableException($"The database {_address.Name} was lost while it committed: whether the last change was made is not known. Ask for it before it is made again.", lost);
    }

    private T ReadAndRelease<T>(Func<Session, T> work, bool isOneMoment)
    {
        PostgresSession? session = null;
        NpgsqlTransaction? begun = null;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_idleReaders.TryTake(out session)) session = Connect();
            if (isOneMoment) begun = session.Connection.BeginTransaction(IsolationLevel.RepeatableRead); // However many statements.
            return work(session);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error, _address.Name);
        }
        finally
        {
            try
            {
                if (session is not null) GiveBack(session, begun);
            }
            finally
            {
                _reading.Release();
            }
        }
    }

    private void GiveBack(PostgresSession session, NpgsqlTransaction? begun)
    {
        try
        {
            session.ResetAll();
            End(begun);
        }
        catch (NpgsqlException)
        {
            // Lost while the rest of an answer was read: what the caller asked for is told already.
            session.Dispose();
            ForgetReaders();
            return;
        }

        if (session.IsOpen)
        {
            _idleReaders.Add(session);
        }
        else
        {
            session.Dispose();
            ForgetReaders(); // They were lost with it, most likely.
        }
    }

    private void ForgetReaders()
    {
        while (_idleReaders.TryTake(out PostgresSession? session)) session.Dispose();
    }

    private PostgresSession Connect() => new(Connect(_address, _role), _dialect, _journal);

    private static NpgsqlConnection Connect(PostgresAddress address, StoreRole role)
    {
        NpgsqlConnection connection = address.NewConnection();
        try
        {
            connection.Open();
            EndWhereStalled(connection, role);
            PostgresMigrations.RequireDurable(connection, address.Name);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // A process that stands still or is cut off in the middle of a transaction would keep all others from writing for as long as the server waits for it, which is hours unless it is told. Brokers wait for
    // each other's transactions with members waiting for them; a node's are longer, and what it screens needs none.
    private static void EndWhereStalled(NpgsqlConnection connection, StoreRole role)
    {
        string limits = role == StoreRole.Broker
            ? "SET idle_in_transaction_session_timeout = '3s'; SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2; SET tcp_user_timeout = 2500"
            : "SET idle_in_transaction_session_timeout = '15s'; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3";
        using var command = new NpgsqlCommand(limits, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Ends a transaction that may have ended already, by its commit or with its connection.</summary>
    private static void End(NpgsqlTransaction? begun)
    {
        try
        {
            begun?.Dispose();
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // What brought it here was thrown already.
        }
    }
}
