using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// A store's file: one connection that writes, behind a semaphore, and up to eight that read. In WAL mode neither waits for the other. SQLite's calls are synchronous and run on the
/// caller's thread: a page of rows or a transaction takes milliseconds.
/// </summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private const int MaxReaders = 8;

    private readonly string _path;
    private readonly Session _writer;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _reading = new(MaxReaders, MaxReaders);
    private readonly ConcurrentBag<Session> _idleReaders = [];
    private bool _disposed;

    private SqliteFile(string path, Session writer)
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

            // auto_vacuum must come before the first table. secure_delete: what is withdrawn is overwritten. A checkpoint every 32 MiB and not every 4: pages of the random
            // ids' indexes are then written back once for many batches. FULL syncs the WAL at every commit: an acknowledged write survives loss of power.
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY");
            _ = Migrations.ReadVersion(connection, role, Path.GetFileName(path)); // Refuses before anything is written to a file that is not ours.
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864");
            Migrations.Run(connection, role, Path.GetFileName(path), time);
            return new SqliteFile(path, new Session(connection));
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

    /// <summary>Runs a transaction. When it throws, nothing of it has happened.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellation)
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

    /// <inheritdoc cref="WriteAsync{T}"/>
    public async ValueTask WriteAsync(Action<Session> work, CancellationToken cancellation) =>
        await WriteAsync(
            session =>
            {
                work(session);
                return true;
            },
            cancellation).ConfigureAwait(false);

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

    /// <summary>Reads, seeing what was committed when its first row was read.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<Session, T> work, CancellationToken cancellation)
    {
        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        return ReadAndRelease(work);
    }

    /// <summary>Reads on the caller's thread.</summary>
    public T Read<T>(Func<Session, T> work)
    {
        _reading.Wait();
        return ReadAndRelease(work);
    }

    /// <summary>
    /// Streams rows page by page. Between pages no read transaction is open and no more than a page is in memory, however slow the reader is.
    /// </summary>
    /// <param name="start">Key before the first row.</param>
    /// <param name="page">Reads the rows after a key into the list; returns the key of the last one, or the same key at the end.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async IAsyncEnumerable<T> ReadPagesAsync<T, TKey>(TKey start, Func<Session, TKey, List<T>, TKey> page, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var rows = new List<T>();
        EqualityComparer<TKey> keys = EqualityComparer<TKey>.Default;
        for (TKey key = start; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            TKey from = key;
            rows.Clear();
            key = await ReadAsync(session => page(session, from, rows), cancellation).ConfigureAwait(false);
            foreach (T row in rows)
            {
                yield return row;
            }

            if (keys.Equals(from, key))
            {
                yield break;
            }
        }
    }

    /// <summary>
    /// Streams rows by ranges of their number, ascending, several ranges read at once on other threads: for what is loaded whole at the start, where the rows' hashes cost more than
    /// the disk. No read transaction is open longer than a range takes.
    /// </summary>
    /// <param name="readLast">The highest number.</param>
    /// <param name="after">The number to begin behind.</param>
    /// <param name="width">Numbers in a range.</param>
    /// <param name="read">Reads the rows with from &lt; number ≤ to.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async IAsyncEnumerable<T> ReadRangesAsync<T>(
        Func<Session, long> readLast, long after, int width, Func<Session, long, long, List<T>> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        long last = await ReadAsync(readLast, cancellation).ConfigureAwait(false);
        int degree = Math.Clamp(Environment.ProcessorCount, 1, MaxReaders / 2);
        var ahead = new Queue<Task<List<T>>>();
        for (long next = after; next < last || ahead.Count > 0;)
        {
            for (; ahead.Count < degree && next < last; next += width)
            {
                long from = next;
                ahead.Enqueue(Task.Run(async () => await ReadAsync(session => read(session, from, from + width), cancellation).ConfigureAwait(false), cancellation));
            }

            foreach (T row in await ahead.Dequeue().ConfigureAwait(false))
            {
                yield return row;
            }
        }
    }

    public async ValueTask DisposeAsync()
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
            while (_idleReaders.TryTake(out Session? session))
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
        Session? session = null;
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

    private Session OpenReader()
    {
        SqliteConnection connection = Connect(_path, SqliteOpenMode.ReadOnly);
        try
        {
            connection.Execute("PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY");
            return new Session(connection);
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
