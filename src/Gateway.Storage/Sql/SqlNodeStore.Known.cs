using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string Known = "known", KnownTags = "known_tags", Hits = "hits";

    /// <inheritdoc/>
    public ValueTask AddKnownAsync(IReadOnlyCollection<KnownIdentifier> identifiers, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(identifiers);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Append(session, new NodeChange());
                Statement insert = session.Prepare("INSERT OR IGNORE INTO known (version, hash, sealed, used_day, row_hash) VALUES (?, ?, ?, ?, ?)");
                foreach (KnownIdentifier known in identifiers)
                {
                    insert.Start(Known).Bind(known.Version).Bind(known.Hash).Bind(known.SealedEvaluation.AsSpan()).Bind(known.UsedDay.Number).QueueWithHash();
                }

                AddTags(session, identifiers.SelectMany(known => known.Tags));
                AddHits(session, identifiers.SelectMany(known => known.Records.Select(record => new StoredHit(known.Hash, record))));
                foreach (IGrouping<uint, KnownIdentifier> known in identifiers.GroupBy(known => known.Version)) session.Journal?.EndClaims(session, known.Key, [.. known.Select(identifier => identifier.Hash)]);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask AddKnownTagsAsync(IReadOnlyCollection<KnownTag> tags, IReadOnlyCollection<StoredHit> hits, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tags);
        ArgumentNullException.ThrowIfNull(hits);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Append(session, new NodeChange());
                AddTags(session, tags);
                AddHits(session, hits);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<(long Row, UInt128 Hash)> ReadKnownHashesAsync(uint version, long after, CancellationToken cancellation) => _database.ReadRangesAsync(
        session => ReadLast(session, "SELECT COALESCE(MAX(id), 0) FROM known"),
        after,
        PageRows,
        (session, from, to) =>
        {
            var hashes = new List<(long Row, UInt128 Hash)>(PageRows);
            Statement query = session.Start("SELECT version, hash, sealed, used_day, row_hash, id FROM known WHERE id > ? AND id <= ? ORDER BY id").Bind(from).Bind(to);
            while (query.Step())
            {
                query.Row(Known);
                long rowVersion = query.Int64();
                UInt128 hash = query.UInt128();
                query.Span();
                query.Int64();
                long row = CheckNumbered(query);
                if (rowVersion == version)
                {
                    hashes.Add((row, hash));
                }
            }

            return hashes;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountKnownAsync(uint version, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT COUNT(*) FROM known WHERE version = ?").Bind(version);
            query.Step();
            query.Row("");
            return query.Int64();
        },
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<KnownIdentifier> ReadKnownAsync(uint version, CancellationToken cancellation) => _database.ReadPagesAsync<KnownIdentifier, long>(
        0,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT version, hash, sealed, used_day, row_hash, id FROM known WHERE id > ? ORDER BY id LIMIT ?").Bind(last).Bind(PageRows);
            while (query.Step())
            {
                (last, KnownIdentifier known) = ReadKnown(query);
                if (known.Version == version)
                {
                    page.Add(known);
                }
            }

            return last;
        },
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<(long Row, KnownTag Tag)> ReadKnownTagsAsync(long after, CancellationToken cancellation) => _database.ReadRangesAsync(
        session => ReadLast(session, "SELECT COALESCE(MAX(id), 0) FROM known_tags"),
        after,
        PageRows,
        (session, from, to) => ReadAll(
            session.Start("SELECT tag, hash, circle, epoch, row_hash, id FROM known_tags WHERE id > ? AND id <= ? ORDER BY id").Bind(from).Bind(to),
            query =>
            {
                query.Row(KnownTags);
                var tag = new KnownTag(Tag.FromUInt128(query.UInt128()), query.UInt128(), query.Circle(), (uint)query.Int64());
                return (CheckNumbered(query), tag);
            }),
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredHit> ReadHitsAsync(CancellationToken cancellation) => _database.ReadPagesAsync<StoredHit, StoredHit>(
        default,
        (session, last, page) =>
        {
            Statement query = session.Start("SELECT * FROM hits WHERE (record, hash) > (?, ?) ORDER BY record, hash LIMIT ?").Bind(last.Record).Bind(last.Hash).Bind(PageRows);
            while (query.Step())
            {
                query.Row(Hits);
                int record = (int)query.Int64();
                UInt128 hash = query.UInt128();
                query.CheckRow(record);
                page.Add(last = new StoredHit(hash, record));
            }

            return last;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<KnownIdentifier?> FindKnownAsync(uint version, UInt128 hash, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT version, hash, sealed, used_day, row_hash, id FROM known WHERE hash = ? AND version = ?").Bind(hash).Bind(version);
            return query.Step() ? ReadKnown(query).Known : null;
        },
        cancellation);

    private static KnownTag ReadKnownTag(Statement query)
    {
        query.Row(KnownTags);
        var tag = new KnownTag(Tag.FromUInt128(query.UInt128()), query.UInt128(), query.Circle(), (uint)query.Int64());
        CheckNumbered(query);
        return tag;
    }

    private static long ReadLast(Session session, string sql)
    {
        Statement query = session.Start(sql);
        query.Step();
        query.Row("");
        return query.Int64();
    }

    private static void AddTags(Session session, IEnumerable<KnownTag> tags)
    {
        Statement insert = session.Prepare("INSERT OR IGNORE INTO known_tags (tag, hash, circle, epoch, row_hash) VALUES (?, ?, ?, ?, ?)");
        foreach (KnownTag tag in tags)
        {
            insert.Start(KnownTags).Bind(tag.Tag).Bind(tag.Hash).Bind(tag.Circle).Bind(tag.Epoch).QueueWithHash();
        }
    }

    private static (long Id, KnownIdentifier Known) ReadKnown(Statement query)
    {
        query.Row(Known);
        uint version = (uint)query.Int64();
        UInt128 hash = query.UInt128();
        byte[] evaluation = query.Bytes();
        var usedDay = new UtcDay((uint)query.Int64());
        return (CheckNumbered(query), new KnownIdentifier(version, hash, evaluation, usedDay));
    }

    /// <summary>Checks a row whose number SQLite gives while it is written: it cannot be part of the hash, and follows it.</summary>
    private static long CheckNumbered(Statement query)
    {
        bool holds = query.HashHolds();
        long id = query.Int64();
        return holds ? id : throw new StoreCorruptException(query.Table, id.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
