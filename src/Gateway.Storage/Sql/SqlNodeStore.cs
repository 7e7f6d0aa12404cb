using System.Globalization;
using Gateway.Ledger;
using Gateway.Storage.Audit;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

/// <summary>A node's store in a database: all of it but how the database is opened.</summary>
/// <remarks>What the matcher loads at its start (tags, known identifiers, hits) stands in narrow tables by row number.</remarks>
public abstract partial class SqlNodeStore : INodeStore
{
    private const string Leaves = "leaves", Records = "records", Items = "items", Tags = "tags";

    /// <summary>A page ends after so many rows or bytes: what one slow reader holds in memory.</summary>
    private const int PageRows = 2000, PageBytes = 256 * 1024;

    private readonly SqlDatabase _database;

    private protected SqlNodeStore(SqlDatabase database) => _database = database;

    /// <inheritdoc/>
    public IAuditStore Audit => new SqlAuditStore(_database);

    /// <inheritdoc/>
    public ICaseStore Cases => new SqlCaseStore(_database);

    /// <inheritdoc/>
    public virtual IReplicaStore? Replicas => null;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _database.DisposeAsync();
    }

    /// <inheritdoc/>
    public byte[]? ReadTile(TileId id) => _database.Read(session => LogTables.ReadTile(session, id));

    /// <inheritdoc/>
    public ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation) => _database.ReadAsync(LogTables.ReadHead, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<LoggedLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation) => _database.ReadPagesAsync<LoggedLeaf, ulong>(
        from,
        (session, next, page) =>
        {
            Statement query = session.Start("SELECT * FROM leaves WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?").Bind(Key(next)).Bind(Key(to)).Bind(PageRows);
            int bytes = 0;
            while (bytes < PageBytes && query.Step())
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
    public IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation, ulong from = 0) => _database.ReadPagesAsync<LoggedLeaf, long>(
        Key(from) - 1,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT * FROM leaves WHERE state = 1 AND idx > ? ORDER BY idx LIMIT ?").Bind(last).Bind(PageRows);
            int bytes = 0;
            while (bytes < PageBytes && query.Step())
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
