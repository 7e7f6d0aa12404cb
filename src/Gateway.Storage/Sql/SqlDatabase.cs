using System.Runtime.CompilerServices;

namespace Gateway.Storage.Sql;

/// <summary>
/// A database that holds one store: transactions that write, one at a time whatever process they are in, and up to eight readers of this process beside them. Work runs on the caller's
/// thread: a page of rows or a transaction takes milliseconds.
/// </summary>
/// <remarks>
/// The stores above say everything in the SQL that SQLite and PostgreSQL share, with "?" for parameters, INSERT OR IGNORE and REPLACE INTO; the latter two and the parameters are said to
/// PostgreSQL in its own words (Dialect.cs).
/// </remarks>
internal abstract class SqlDatabase : IAsyncDisposable
{
    protected const int MaxReaders = 8;

    /// <summary>Runs a transaction. When it throws, nothing of it has happened.</summary>
    public abstract ValueTask<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellation);

    /// <inheritdoc cref="WriteAsync{T}"/>
    public async ValueTask WriteAsync(Action<Session> work, CancellationToken cancellation) =>
        await WriteAsync(
            session =>
            {
                work(session);
                return true;
            },
            cancellation).ConfigureAwait(false);

    /// <summary>Reads, seeing what was committed when its first row was read.</summary>
    public abstract ValueTask<T> ReadAsync<T>(Func<Session, T> work, CancellationToken cancellation);

    /// <summary>Looks rows up, each statement by itself: for what is asked once a record, where a transaction around it costs as much as the question.</summary>
    public virtual ValueTask<T> LookUpAsync<T>(Func<Session, T> work, CancellationToken cancellation) => ReadAsync(work, cancellation);

    /// <summary>Looks up on the caller's thread, each statement by itself.</summary>
    public abstract T Read<T>(Func<Session, T> work);

    /// <summary>Gives the space of deleted rows back, a part at a time, where the database does not do so by itself.</summary>
    public abstract ValueTask ReclaimAsync(CancellationToken cancellation);

    /// <summary>Sees to it that what was deleted from tables is not in the database's files either, as far as the database can.</summary>
    /// <returns>Whether that is so; false while a reader still uses an older state.</returns>
    public abstract ValueTask<bool> TryEraseAsync(IReadOnlyList<string> tables, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();

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
}
