using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string PastShipments = "past_shipments";

    private const string PastQuery = "SELECT day, shipments, sealed, row_hash, id FROM past_shipments";

    /// <inheritdoc/>
    public ValueTask AddPastAsync(StoredPastShipments shipments, IReadOnlyCollection<long> keys, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(shipments);
        ArgumentNullException.ThrowIfNull(keys);
        return _database.WriteAsync(
            session =>
            {
                session.Start("INSERT INTO past_shipments (day, shipments, sealed, row_hash) VALUES (?, ?, ?, ?)", PastShipments)
                    .Bind(shipments.Day.Number).Bind(shipments.Count).Bind(shipments.Sealed.AsSpan()).RunWithHash();
                long id = session.LastId;
                Statement insert = session.Prepare("INSERT OR IGNORE INTO past_keys VALUES (?, ?)");

                // In the order of the index: neighbours share a page.
                foreach (long key in keys.Order())
                {
                    insert.Start().Bind(key).Bind(id).Queue();
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredPastShipments> FindPastAsync(long key, CancellationToken cancellation) => _database.ReadPagesAsync<StoredPastShipments, long>(
        long.MaxValue,
        (session, last, page) =>
        {
            // One row at a time: it is up to some hundred kilobytes.
            Statement query = session.Start("SELECT block FROM past_keys WHERE key = ? AND block < ? ORDER BY block DESC LIMIT 1").Bind(key).Bind(last);
            if (!query.Step())
            {
                return last;
            }

            query.Row("");
            last = query.Int64();
            page.AddRange(ReadAll(session.Start(PastQuery + " WHERE id = ?").Bind(last), ReadPast));
            return last;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredPastShipments>> ReadPastBeforeAsync(UtcDay day, int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredPastShipments>>(
        session => ReadAll(session.Start(PastQuery + " WHERE day < ? ORDER BY day, id LIMIT ?").Bind(day.Number).Bind(most), ReadPast), cancellation);

    /// <inheritdoc/>
    public ValueTask ForgetPastAsync(long id, IReadOnlyCollection<long> keys, IReadOnlyCollection<UInt128> used, UtcDay day, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(used);
        return _database.WriteAsync(
            session =>
            {
                Touch(session, used, day);
                Statement delete = session.Prepare("DELETE FROM past_keys WHERE key = ? AND block = ?");
                foreach (long key in keys)
                {
                    delete.Start().Bind(key).Bind(id).Run();
                }

                session.Start("DELETE FROM past_shipments WHERE id = ?").Bind(id).Run();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<UtcDay?> FindLastPastDayAsync(long key, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            // Rows are added in the order of their days.
            Statement query = session.Start("SELECT block FROM past_keys WHERE key = ? ORDER BY block DESC LIMIT 1").Bind(key);
            if (!query.Step())
            {
                return (UtcDay?)null;
            }

            query.Row("");
            long block = query.Int64();
            return ReadAll(session.Start(PastQuery + " WHERE id = ?").Bind(block), ReadPast) is [StoredPastShipments newest, ..] ? newest.Day : null;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<PastSize> CountPastAsync(CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT COALESCE(SUM(shipments), 0), COALESCE(SUM(LENGTH(sealed)), 0), (SELECT COUNT(*) FROM past_keys) FROM past_shipments");
            query.Step();
            query.Row("");
            return new PastSize(query.Int64(), query.Int64(), query.Int64());
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(long Id, KnownIdentifier Identifier)>> ReadUnusedAsync(UtcDay day, long afterId, int most, CancellationToken cancellation) =>
        _database.ReadAsync<IReadOnlyList<(long Id, KnownIdentifier Identifier)>>(
            session =>
            {
                var unused = new List<(long Id, KnownIdentifier Identifier)>();
                Statement query = session.Start(
                    "SELECT version, hash, sealed, used_day, row_hash, id FROM known WHERE used_day < ? AND id > ? AND NOT EXISTS (SELECT 1 FROM seller_identifiers WHERE seller_identifiers.hash = known.hash) ORDER BY id LIMIT ?")
                    .Bind(day.Number).Bind(afterId).Bind(most);
                while (query.Step())
                {
                    unused.Add(ReadKnown(query));
                }

                return unused;
            },
            cancellation);

    /// <inheritdoc/>
    public ValueTask TouchKnownAsync(IReadOnlyCollection<UInt128> hashes, UtcDay day, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        return _database.WriteAsync(session => Touch(session, hashes, day), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask ForgetKnownAsync(IReadOnlyCollection<KnownIdentifier> identifiers, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(identifiers);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Append(session, identifiers.Count > ReplicaJournal.MostListed
                    ? new NodeChange { IsAnew = true }
                    : new NodeChange { Forgotten = [.. identifiers.Select(known => new ForgottenIdentifier(known.Version, known.Hash, [.. known.Tags.Select(tag => tag.Tag)]))] });
                foreach (KnownIdentifier known in identifiers)
                {
                    session.Start("DELETE FROM known WHERE hash = ? AND version = ?").Bind(known.Hash).Bind(known.Version).Run();
                    session.Start("DELETE FROM meetings WHERE hash = ?").Bind(known.Hash).Run();
                    foreach (KnownTag tag in known.Tags)
                    {
                        session.Start("DELETE FROM known_tags WHERE tag = ? AND hash = ?").Bind(tag.Tag).Bind(tag.Hash).Run();
                    }

                    foreach (int record in known.Records)
                    {
                        session.Start("DELETE FROM hits WHERE record = ? AND hash = ?").Bind(record).Bind(known.Hash).Run();
                    }
                }
            },
            cancellation);
    }

    private static void Touch(Session session, IReadOnlyCollection<UInt128> hashes, UtcDay day)
    {
        foreach (UInt128 hash in hashes)
        {
            List<(long Id, KnownIdentifier Known)> rows = ReadAll(
                session.Start("SELECT version, hash, sealed, used_day, row_hash, id FROM known WHERE hash = ? AND used_day < ?").Bind(hash).Bind(day.Number), ReadKnown);
            foreach ((long id, KnownIdentifier known) in rows)
            {
                session.Start("UPDATE known SET version = ?, hash = ?, sealed = ?, used_day = ?, row_hash = ? WHERE id = ?", Known)
                    .Bind(known.Version).Bind(known.Hash).Bind(known.SealedEvaluation.AsSpan()).Bind(day.Number).BindHash().Bind(id).Run();
            }
        }
    }

    private static StoredPastShipments ReadPast(Statement query)
    {
        query.Row(PastShipments);
        var day = new UtcDay((uint)query.Int64());
        int count = (int)query.Int64();
        byte[] sealedShipments = query.Bytes();
        return new StoredPastShipments(CheckNumbered(query), day, count, sealedShipments);
    }
}
