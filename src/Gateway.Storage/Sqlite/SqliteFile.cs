using System.Collections.Concurrent;
using Dapper;
using Gateway.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// A store's file: one connection that writes, behind a semaphore, and up to eight that read. In WAL mode neither waits for the other. A read sees what was committed when its first row
/// was read, as long as it leaves no query at its end before the next.
/// </summary>
internal sealed class SqliteFile : SqlDatabase
{
    private readonly string _path;
    private readonly SqliteSession _writer;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _reading = new(MaxReaders, MaxReaders);
    private readonly ConcurrentBag<SqliteSession> _idleReaders = [];
    private bool _disposed;

    private SqliteFile(string path, SqliteSession writer)
    {
        _path = path;
        _writer = writer;
    }

    /// <summary>Opens or creates the file, readable by its owner only, and runs the missing migrations.</summary>
    public static SqliteFile Open(string path, StoreRole role, TimeProvider time)
    {
        SQLitePCL.Batteries_V2.Init();
        CreateForOwner(path);
        SqliteConnection? connection = null;
        try
        {
            connection = Connect(path, SqliteOpenMode.ReadWrite);

            // auto_vacuum must come before the first table. secure_delete: what is withdrawn is overwritten. A checkpoint every 64 MiB and not every 4: pages of the random
            // ids' indexes are then written back once for many batches. FULL syncs the WAL at every commit: an acknowledged write survives loss of power.
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY");
            _ = SqliteMigrations.ReadVersion(connection, role, Path.GetFileName(path)); // Refuses before anything is written to a file that is not ours.
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 67108864");
            SqliteMigrations.Run(connection, role, Path.GetFileName(path), time);
            return new SqliteFile(path, new SqliteSession(connection));
        }
        catch (SqliteException error)
        {
            connection?.Dispose();
            throw SqliteErrors.Translate(error, path);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    public override async ValueTask<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Transact(work);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, _path);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Runs what must not be in a transaction, on the writing connection.</summary>
    public async ValueTask MaintainAsync(Action<Session> work, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            work(_writer);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, _path);
        }
        finally
        {
            _writer.ResetAll();
            _writing.Release();
        }
    }

    public override async ValueTask<T> ReadAsync<T>(Func<Session, T> work, CancellationToken cancellation)
    {
        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        return ReadAndRelease(work);
    }

    public override T Read<T>(Func<Session, T> work)
    {
        _reading.Wait();
        return ReadAndRelease(work);
    }

    public override ValueTask ReclaimAsync(CancellationToken cancellation) => MaintainAsync(session => session.Start("PRAGMA incremental_vacuum(1024)").Run(), cancellation);

    // secure_delete has overwritten the rows in the pages; older copies of the pages stand in the WAL, which a truncating checkpoint empties.
    public override async ValueTask<bool> TryEraseAsync(IReadOnlyList<string> tables, CancellationToken cancellation)
    {
        bool erased = false;
        await MaintainAsync(
            session =>
            {
                Statement checkpoint = session.Start("PRAGMA wal_checkpoint(TRUNCATE)");
                erased = checkpoint.Step();
                checkpoint.Row("");
                erased = erased && checkpoint.Int64() == 0;
            },
            cancellation).ConfigureAwait(false);
        return erased;
    }

    public override async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed)
            {
                return;
            }

            for (int reader = 0; reader < MaxReaders; reader++)
            {
                await _reading.WaitAsync().ConfigureAwait(false);
            }

            _disposed = true;
            while (_idleReaders.TryTake(out SqliteSession? session))
            {
                session.Dispose();
            }

            // Last, so that SQLite writes the WAL back and removes it.
            _writer.Dispose();
            _reading.Release(MaxReaders);
        }
        finally
        {
            _writing.Release();
        }
    }

    private T Transact<T>(Func<Session, T> work)
    {
        try
        {
            _writer.Start("BEGIN IMMEDIATE").Run();
            T result = work(_writer);

            // A query left at its last row keeps a read transaction open past the commit, and while it is open SQLite cannot write the WAL back: it would grow for ever.
            _writer.ResetAll();
            _writer.Start("COMMIT").Run();
            return result;
        }
        finally
        {
            _writer.ResetAll();

            // Full disks and failed writes may have rolled back by themselves; then there is nothing left to roll back.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_writer.Connection.Handle!) == 0)
            {
                _writer.Start("ROLLBACK").Run();
            }
        }
    }

    private T ReadAndRelease<T>(Func<Session, T> work)
    {
        SqliteSession? session = null;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_idleReaders.TryTake(out session))
            {
                session = OpenReader();
            }

            return work(session);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, _path);
        }
        finally
        {
            if (session is not null)
            {
                session.ResetAll();
                _idleReaders.Add(session);
            }

            _reading.Release();
        }
    }

    private SqliteSession OpenReader()
    {
        SqliteConnection connection = Connect(_path, SqliteOpenMode.ReadOnly);
        try
        {
            connection.Execute("PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY");
            return new SqliteSession(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        // Pooling would keep files open after the store is closed.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, ForeignKeys = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA busy_timeout = 5000");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void CreateForOwner(string path)
    {
        try
        {
            // SQLite gives the WAL and its index the permissions of the file.
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = new FileStream(path, options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The store {Path.GetFileName(path)} cannot be opened: check that its folder exists and that this program's user may write there.", error);
        }
    }
}
