using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string RecordQuery = "SELECT r.*, i.*, t.* FROM records r LEFT JOIN items i ON i.number = r.number LEFT JOIN tags t ON t.number = r.number";

    private const int RecordColumns = 12, ItemColumns = 3;

    /// <summary>Records in a range of tags: a record has 5 KiB of them at most.</summary>
    private const int TagRows = 500;

    /// <inheritdoc/>
    public IAsyncEnumerable<RecordTags> ReadLiveTagsAsync(CancellationToken cancellation, int after = 0) => _database.ReadRangesAsync(
        session => ReadLastRecordNumber(session),
        after,
        TagRows,
        (session, from, to) =>
        {
            // All records are read, not only those whose state says live: a state that changed by accident must not hide a record.
            var page = new List<RecordTags>();
            Statement query = session.Start("SELECT r.*, t.* FROM records r LEFT JOIN tags t ON t.number = r.number WHERE r.number > ? AND r.number <= ? ORDER BY r.number").Bind(from).Bind(to);
            while (query.Step())
            {
                (int number, NodeRecordState state) = CheckBareRecord(query);
                if (state == NodeRecordState.Live)
                {
                    page.Add(new RecordTags(number, ReadTags(query, RecordColumns, number)));
                }
            }

            return page;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<NodeRecord?> FindRecordAsync(RecordId id, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadWhole(session.Start(RecordQuery + " WHERE r.id = ? AND r.state <> 6 ORDER BY r.number LIMIT 1").Bind(id)), cancellation);

    /// <inheritdoc/>
    public ValueTask<NodeRecord?> ReadRecordAsync(int number, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadWhole(session.Start(RecordQuery + " WHERE r.number = ? AND r.state <> 6").Bind(number)), cancellation);

    /// <inheritdoc/>
    public ValueTask<SeenRecords> FindSeenAsync(IReadOnlyCollection<RecordId> ids, IReadOnlyCollection<ReadOnlyMemory<byte>> recordKeys, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            var seenIds = new HashSet<RecordId>();
            Statement byId = session.Prepare("SELECT 1 FROM records WHERE id = ?");
            foreach (RecordId id in ids)
            {
                if (byId.Start().Bind(id).Step())
                {
                    seenIds.Add(id);
                }
            }

            var seenKeys = new HashSet<string>();
            Statement byKey = session.Prepare("SELECT 1 FROM records WHERE record_key = ?");
            foreach (ReadOnlyMemory<byte> key in recordKeys)
            {
                if (byKey.Start().Bind(key.Span).Step())
                {
                    seenKeys.Add(Convert.ToHexStringLower(key.Span));
                }
            }

            return new SeenRecords(seenIds, seenKeys);
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<int> ReadLastRecordNumberAsync(CancellationToken cancellation) => _database.ReadAsync(ReadLastRecordNumber, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeRecord>> ReadExpiredAsync(UtcDay day, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<NodeRecord>>(
        session => ReadAll(session.Start("SELECT * FROM records WHERE state = 1 AND expiry < ? UNION ALL SELECT * FROM records WHERE state IN (4, 5) AND expiry < ? ORDER BY number").Bind(day.Number).Bind(day.Number), query => ReadBareRecord(query).Record), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeRecord>> ReadAwaitingWithdrawalAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<NodeRecord>>(
        session => ReadAll(session.Start("SELECT * FROM records WHERE state = 5 ORDER BY withdrawn_at, number"), query => ReadBareRecord(query).Record), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<NodeRecord> ListRecordsAsync(CircleId? circle, CancellationToken cancellation) => _database.ReadPagesAsync<NodeRecord, int>(
        int.MaxValue,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT * FROM records WHERE number < ? ORDER BY number DESC LIMIT ?").Bind(last).Bind(PageRows);
            while (query.Step())
            {
                NodeRecord record = ReadBareRecord(query).Record;
                last = record.Number;
                if (record.State != NodeRecordState.Left && (circle is null || record.Circle == circle))
                {
                    page.Add(record);
                }
            }

            return last;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(CircleId Circle, NodeRecordState State, long Count)>> CountRecordsAsync(CancellationToken cancellation) =>
        _database.ReadAsync<IReadOnlyList<(CircleId Circle, NodeRecordState State, long Count)>>(
            session => ReadAll(
                session.Start("SELECT circle, state, COUNT(*) FROM records WHERE state <> 6 GROUP BY circle, state ORDER BY circle, state"),
                query =>
                {
                    query.Row(Records);
                    return (query.Circle(), (NodeRecordState)query.Int64(), query.Int64());
                }),
            cancellation);

    private static int ReadLastRecordNumber(Session session)
    {
        Statement query = session.Start("SELECT COALESCE(MAX(number), 0) FROM records");
        query.Step();
        query.Row(Records);
        return (int)query.Int64();
    }

    private static NodeRecord? ReadWhole(Statement query)
    {
        if (!query.Step())
        {
            return null;
        }

        (NodeRecord record, bool hasItem) = ReadBareRecord(query);
        if (hasItem)
        {
            query.Row(Items, RecordColumns);
            query.Skip();
            byte[]? item = query.BytesOrNull();
            query.CheckRow(record.Number); // A row that is missing does not have its hash either.
            record = record with { Item = item };
        }

        return record.State is NodeRecordState.Live or NodeRecordState.Quarantined && (record.State == NodeRecordState.Live || !query.IsNull(RecordColumns + ItemColumns))
            ? record with { Tags = ReadTags(query, RecordColumns + ItemColumns, record.Number) }
            : record;
    }

    private static byte[] ReadTags(Statement query, int firstColumn, int number)
    {
        query.Row(Tags, firstColumn);
        query.Skip();
        byte[]? tags = query.BytesOrNull();
        query.CheckRow(number);
        return tags!;
    }

    private static byte[]? FindTags(Session session, int number)
    {
        Statement query = session.Start("SELECT * FROM tags WHERE number = ?").Bind(number);
        byte[]? tags = query.Step() ? ReadTags(query, 0, number) : null;
        query.Reset();
        return tags;
    }

    private static (NodeRecord Record, bool HasItem)? FindBareRecord(Session session, int number)
    {
        Statement query = session.Start("SELECT * FROM records WHERE number = ?").Bind(number);
        if (!query.Step())
        {
            return null;
        }

        (NodeRecord Record, bool HasItem) found = ReadBareRecord(query);
        query.Reset();
        return found;
    }

    private static (NodeRecord Record, bool HasItem) ReadBareRecord(Statement query)
    {
        query.Row(Records);
        int number = (int)query.Int64();
        RecordId id = query.Record();
        ulong index = query.UInt64();
        CircleId circle = query.Circle();
        uint epoch = (uint)query.Int64();
        byte[] key = query.Bytes();
        var expiry = new UtcDay((uint)query.Int64());
        var state = (NodeRecordState)query.Int64();
        string? fault = query.TextOrNull();
        ulong? withdrawnAt = query.UInt64OrNull();
        bool hasItem = query.Int64() != 0;
        query.CheckRow(number);
        var record = new NodeRecord
        {
            Number = number,
            Id = id,
            Index = index,
            Circle = circle,
            Epoch = epoch,
            RecordKey = key,
            Expiry = expiry,
            State = state,
            Fault = fault,
            WithdrawnAt = withdrawnAt,
        };
        return (record, hasItem);
    }

    /// <summary>Checks a record's row without keeping more of it than number and state.</summary>
    private static (int Number, NodeRecordState State) CheckBareRecord(Statement query)
    {
        query.Row(Records);
        int number = (int)query.Int64();
        for (int column = 1; column < 7; column++)
        {
            query.Skip();
        }

        var state = (NodeRecordState)query.Int64();
        for (int column = 8; column < RecordColumns - 1; column++)
        {
            query.Skip();
        }

        query.CheckRow(number);
        return (number, state);
    }
}
