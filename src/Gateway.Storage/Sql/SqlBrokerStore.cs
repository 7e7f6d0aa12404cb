using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Audit;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

/// <summary>The broker's store in a database: all of it but how the database is opened.</summary>
/// <remarks>
/// A leaf costs a row of about 350 bytes in leaves and, for a record, one of about 300 in records and its item in items. Items are apart, so that scans of leaves and records do
/// not drag them along.
/// </remarks>
public abstract partial class SqlBrokerStore : IBrokerStore
{
    private const string Leaves = "leaves", Records = "records", Items = "items";

    private const string LeafQuery = """
        SELECT l.*, r.*, i.* FROM leaves l LEFT JOIN records r ON r.idx = l.idx LEFT JOIN items i ON i.idx = l.idx
        WHERE l.idx >= ? AND l.idx < ? ORDER BY l.idx LIMIT ?
        """;

    private const int LeafColumns = 9, RecordColumns = 13;

    /// <summary>A page of leaves ends after so many rows or bytes: what one slow reader holds in memory.</summary>
    private const int PageRows = 256, PageBytes = 256 * 1024;

    private readonly SqlDatabase _database;

    private protected SqlBrokerStore(SqlDatabase database) => _database = database;

    /// <inheritdoc/>
    public IAuditStore Audit => new SqlAuditStore(_database);

    /// <inheritdoc/>
    public ICaseRelayStore Cases => new SqlCaseRelayStore(_database);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _database.DisposeAsync();
    }

    /// <inheritdoc/>
    public abstract IAsyncEnumerable<ulong> FollowOthersAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public byte[]? ReadTile(TileId id) => _database.Read(session => LogTables.ReadTile(session, id));

    /// <inheritdoc/>
    public ValueTask<LogHead?> ReadHeadAsync(CancellationToken cancellation) => _database.LookUpAsync(LogTables.ReadHead, cancellation);

    /// <inheritdoc/>
    public ValueTask<LogHead?> ReadCheckpointAsync(ulong size, CancellationToken cancellation) => _database.LookUpAsync(
        session => LogTables.ReadCheckpoint(session.Start("SELECT size, note, row_hash FROM checkpoints WHERE size = ?").Bind(size)), cancellation);

    /// <inheritdoc/>
    public ValueTask<LogHead?> ReadBatchEndAsync(ulong from, ulong most, CancellationToken cancellation) => _database.ReadAsync(
        session =>
            LogTables.ReadCheckpoint(session.Start("SELECT size, note, row_hash FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size DESC LIMIT 1").Bind(Key(from)).Bind(Key(UInt64Sum(from, most))))
            ?? LogTables.ReadCheckpoint(session.Start("SELECT size, note, row_hash FROM checkpoints WHERE size > ? ORDER BY size LIMIT 1").Bind(Key(from))),
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<BrokerLeaf> ReadLeavesAsync(ulong from, ulong to, CancellationToken cancellation) => _database.ReadPagesAsync<BrokerLeaf, ulong>(
        from,
        (session, next, page) =>
        {
            Statement query = session.Start(LeafQuery).Bind(Key(next)).Bind(Key(to)).Bind(PageRows);
            int bytes = 0;
            while (bytes < PageBytes && query.Step())
            {
                BrokerLeaf leaf = ReadLeaf(query);
                if (leaf.Index != next)
                {
                    throw new StoreCorruptException(Leaves, next.ToString(System.Globalization.CultureInfo.InvariantCulture));
                }

                next++;
                bytes += leaf.Entry.Length + (leaf.Item?.Length ?? 0);
                page.Add(leaf);
            }

            return next;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<BrokerLeaf?> ReadLeafAsync(ulong index, CancellationToken cancellation) => _database.LookUpAsync(
        session =>
        {
            long key = Key(index);
            Statement query = session.Start(LeafQuery).Bind(key).Bind(key == long.MaxValue ? key : key + 1).Bind(1);
            return query.Step() ? ReadLeaf(query) : null;
        },
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<LoggedLeaf> ReadStateLeavesAsync(CancellationToken cancellation) => _database.ReadPagesAsync<LoggedLeaf, long>(
        -1,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT * FROM leaves WHERE state = 1 AND idx > ? ORDER BY idx LIMIT ?").Bind(last).Bind(PageRows);
            int bytes = 0;
            while (bytes < PageBytes && query.Step())
            {
                BrokerLeaf leaf = ReadBareLeaf(query);
                last = (long)leaf.Index;
                bytes += leaf.Entry.Length;
                page.Add(new LoggedLeaf(leaf.Index, leaf.LeafData, leaf.Salt, leaf.Entry));
            }

            return last;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<PublishedRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation) =>
        _database.LookUpAsync(session => FindRecord(session, id)?.Record, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyCollection<PublishedRecord>> FindRecordsAsync(IReadOnlyCollection<(RecordId Id, RecordKey Key)> pairs, CancellationToken cancellation) => _database.LookUpAsync<IReadOnlyCollection<PublishedRecord>>(
        session =>
        {
            var found = new Dictionary<ulong, PublishedRecord>();
            session.AskEach(
                "SELECT * FROM records WHERE id = ? UNION ALL SELECT * FROM records WHERE record_key = ?",
                pairs,
                static (query, pair) => Bind(query.Bind(pair.Id), pair.Key),
                query =>
                {
                    PublishedRecord record = ReadRecord(query, 0).Record;
                    found[record.Index] = record;
                });
            return found.Values;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<CircleId, long>> CountLiveRecordsAsync(UtcDay day, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyDictionary<CircleId, long>>(
        session =>
        {
            var counts = new Dictionary<CircleId, long>();
            Statement query = session.Start("SELECT circle, COUNT(*) FROM records WHERE withdrawn_at IS NULL AND expiry >= ? GROUP BY circle").Bind(day.Number);
            while (query.Step())
            {
                query.Row(Records);
                counts.Add(query.Circle(), query.Int64());
            }

            return counts;
        },
        cancellation);

    private static BrokerLeaf ReadLeaf(Statement query)
    {
        BrokerLeaf leaf = ReadBareLeaf(query);
        if (query.IsNull(LeafColumns))
        {
            return leaf.Kind == Entry.ContentOneofCase.RecordPublished
                ? throw new StoreCorruptException(Records, leaf.Index.ToString(System.Globalization.CultureInfo.InvariantCulture))
                : leaf;
        }

        StoredRecord record = ReadRecord(query, LeafColumns);
        byte[]? item = null;
        if (record.HasItem)
        {
            query.Row(Items, LeafColumns + RecordColumns);
            query.Skip();
            item = query.BytesOrNull();
            query.CheckRow((long)leaf.Index); // A row that is missing does not have its hash either.
        }

        return leaf with { Item = item, WithdrawnAt = record.Record.WithdrawnAt };
    }

    private static BrokerLeaf ReadBareLeaf(Statement query)
    {
        query.Row(Leaves);
        ulong index = query.UInt64();
        var kind = (Entry.ContentOneofCase)query.Int64();
        _ = query.Int64();
        byte[] leafData = query.Bytes();
        byte[] salt = query.Bytes();
        byte[] entry = query.Bytes();
        CircleId? circle = query.CircleOrNull();
        uint epoch = (uint)query.Int64();
        query.CheckRow((long)index);
        return new BrokerLeaf(index, leafData, salt, entry, kind, circle, epoch, null);
    }

    private static StoredRecord? FindRecord(Session session, RecordId id)
    {
        Statement query = session.Start("SELECT * FROM records WHERE id = ?").Bind(id);
        return query.Step() ? ReadRecord(query, 0) : null;
    }

    private static Statement Bind(Statement statement, RecordKey key)
    {
        Span<byte> bytes = stackalloc byte[32];
        key.CopyTo(bytes);
        return statement.Bind(bytes);
    }

    private static StoredRecord ReadRecord(Statement query, int firstColumn)
    {
        query.Row(Records, firstColumn);
        ulong index = query.UInt64();
        RecordId id = query.Record();
        CircleId circle = query.Circle();
        uint epoch = (uint)query.Int64();
        byte[] key = query.Bytes();
        var expiry = new UtcDay((uint)query.Int64());
        MemberId contributor = query.Member();
        byte[] issuanceSalt = query.Bytes();
        byte[] memberSignature = query.Bytes();
        ulong receiptSize = query.UInt64();
        ulong? withdrawnAt = query.UInt64OrNull();
        bool hasItem = query.Int64() != 0;
        query.CheckRow((long)index);
        var record = new PublishedRecord
        {
            Id = id,
            Index = index,
            Circle = circle,
            Epoch = epoch,
            RecordKey = RecordKey.FromBytes(key),
            Expiry = expiry,
            Contributor = contributor,
            IssuanceSalt = issuanceSalt,
            MemberSignature = memberSignature,
            ReceiptSize = receiptSize,
            WithdrawnAt = withdrawnAt,
        };
        return new StoredRecord(record, hasItem);
    }

    /// <summary>SQLite's keys are signed; no log reaches the sizes cut off here.</summary>
    private static long Key(ulong index) => (long)Math.Min(index, long.MaxValue);

    private static ulong UInt64Sum(ulong left, ulong right) => left > ulong.MaxValue - right ? ulong.MaxValue : left + right;

    /// <summary>A record and whether its item is still held.</summary>
    private sealed record StoredRecord(PublishedRecord Record, bool HasItem);
}
