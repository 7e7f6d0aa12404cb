using System.Globalization;
using Gateway.Ledger;
using Gateway.Storage.Audit;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sqlite;

/// <summary>A node's store in one SQLite file.</summary>
/// <remarks>
/// What the matcher loads at its start (tags, known identifiers, hits) stands in narrow tables by row number. Items and tags are deleted with secure_delete: overwritten in the
/// file; their older copies in the WAL are overwritten as it is reused, and go when the store is closed.
/// </remarks>
public sealed partial class SqliteNodeStore : INodeStore
{
    private const string Leaves = "leaves", Records = "records", Items = "items", Tags = "tags";

    /// <summary>A page ends after so many rows or bytes: what one slow reader holds in memory.</summary>
    private const int PageRows = 2000, PageBytes = 256 * 1024;

    private readonly SqliteFile _file;

    private SqliteNodeStore(SqliteFile file) => _file = file;

    /// <summary>For tests that make the disk full.</summary>
    internal SqliteFile File => _file;

    /// <summary>Opens the store at a path, creating the file (mode 0600) and its tables where they are missing.</summary>
    /// <exception cref="StoreRefusedException">The file is another role's store, a newer program's, or no store.</exception>
    /// <exception cref="StoreUnavailableException">The file cannot be opened now.</exception>
    /// <exception cref="StoreCorruptException">Leaves and newest checkpoint do not belong together.</exception>
    public static async ValueTask<SqliteNodeStore> OpenAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        cancellation.ThrowIfCancellationRequested();
        SqliteFile file = SqliteFile.Open(path, StoreRole.Node, time);
        try
        {
            await file.ReadAsync(LogTables.RequireWhole, cancellation).ConfigureAwait(false);
            return new SqliteNodeStore(file);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public IAuditStore Audit => new SqliteAuditStore(_file);

    /// <inheritdoc/>
    public ICaseStore Cases => new SqliteCaseStore(_file);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <inheritdoc/>
    public byte[]? ReadTile(TileId id) => _file.Read(session => LogTables.ReadTile(session, id));

    /// <inheritdoc/>
    public ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation) => _file.ReadAsync(LogTables.ReadHead, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<LoggedLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation) => _file.ReadPagesAsync<LoggedLeaf, ulong>(
        from,
        (session, next, page) =>
        {
            Statement query = session.Start("SELECT * FROM leaves WHERE idx >= ? AND idx < ? ORDER BY idx").Bind(Key(next)).Bind(Key(to));
            int bytes = 0;
            while (page.Count < PageRows && bytes < PageBytes && query.Step())
            {
                LoggedLeaf leaf = ReadLeaf(query);
                if (leaf.Index != next)
                {
                    throw new StoreCorruptException(Leaves, next.ToString(CultureInfo.InvariantCulture));
                }

                next++;
                bytes += SizeOf(leaf);
                page.Add(leaf);
            }

            return next;
        },
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation) => _file.ReadPagesAsync<LoggedLeaf, long>(
        -1,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT * FROM leaves WHERE state = 1 AND idx > ? ORDER BY idx").Bind(last);
            int bytes = 0;
            while (page.Count < PageRows && bytes < PageBytes && query.Step())
            {
                LoggedLeaf leaf = ReadLeaf(query);
                last = (long)leaf.Index;
                bytes += SizeOf(leaf);
                page.Add(leaf);
            }

            return last;
        },
        cancellation);

    private static LoggedLeaf ReadLeaf(Statement query)
    {
        query.Row(Leaves);
        ulong index = query.UInt64();
        _ = query.Int64();
        byte[] leafData = query.Bytes();
        byte[]? salt = query.BytesOrNull();
        byte[]? entry = query.BytesOrNull();
        query.CheckRow((long)index);
        return new LoggedLeaf(index, leafData, salt, entry);
    }

    private static int SizeOf(LoggedLeaf leaf) => leaf.LeafData.Length + (leaf.Entry?.Length ?? 0);

    /// <summary>SQLite's keys are signed; no log reaches the sizes cut off here.</summary>
    private static long Key(ulong index) => (long)Math.Min(index, long.MaxValue);

    private static List<T> ReadAll<T>(Statement query, Func<Statement, T> read)
    {
        var rows = new List<T>();
        while (query.Step())
        {
            rows.Add(read(query));
        }

        return rows;
    }
}
