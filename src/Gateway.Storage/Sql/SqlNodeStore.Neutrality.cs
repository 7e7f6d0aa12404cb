using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore : INeutralityStore
{
    private const string AcceptanceTable = "acceptance", Sightings = "sightings", ForkEvidences = "fork_evidence";

    private const string SightingQuery = "SELECT size, source, note, row_hash, id FROM sightings";

    private const string EvidenceQuery = "SELECT digest, source, evidence, settled_at, settled_by, row_hash, id FROM fork_evidence";

    /// <inheritdoc/>
    public INeutralityStore Neutrality => this;

    /// <inheritdoc/>
    public ValueTask AcceptAsync(IReadOnlyCollection<StoredCosignature> cosignatures, ulong acceptedSize, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(cosignatures);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Standing);
                foreach (StoredCosignature cosignature in cosignatures) CosignatureRows.Write(session, cosignature);
                if (acceptedSize > ReadAccepted(session)) session.Start("REPLACE INTO acceptance VALUES (?, ?, ?)", AcceptanceTable).Bind(1).Bind(acceptedSize).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredCosignature>> ReadCosignaturesAsync(CancellationToken cancellation) => _database.ReadAsync(CosignatureRows.ReadAll, cancellation);

    /// <inheritdoc/>
    public ValueTask<ulong> ReadAcceptedSizeAsync(CancellationToken cancellation) => _database.ReadAsync(ReadAccepted, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> CloseOutboxAsync(ulong acceptedSize, int most, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            List<RecordId> accepted = ReadAll(
                session.Start("SELECT o.record_id FROM outbox o LEFT JOIN records r ON r.id = o.record_id WHERE o.state = 7 GROUP BY o.id HAVING COALESCE(MIN(r.idx), -1) < ? LIMIT ?").Bind(Key(acceptedSize)).Bind(most),
                query =>
                {
                    query.Row(Outbox);
                    return query.Record();
                });
            CloseOutbox(session, accepted, OutboxState.Closed);
            return accepted.Count;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask AddSightingAsync(StoredSighting sighting, int most, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sighting);
        return _database.WriteAsync(
            session =>
            {
                List<StoredSighting> kept = ReadAll(session.Start(SightingQuery + " WHERE source = ? ORDER BY id").Bind(sighting.Source), ReadSighting);
                if (kept.Exists(other => other.Note.AsSpan().SequenceEqual(sighting.Note))) return;

                // The oldest stay, so that a tree that is always behind reaches some; the newest gives way.
                if (kept.Count >= most) session.Start("DELETE FROM sightings WHERE id = ?").Bind(kept[^1].Id).Run();
                session.Start("INSERT INTO sightings (size, source, note, row_hash) VALUES (?, ?, ?, ?)", Sightings).Bind(sighting.Size).Bind(sighting.Source).Bind(sighting.Note.AsSpan()).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredSighting>> ReadSightingsAsync(ulong upTo, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredSighting>>(
        session => ReadAll(session.Start(SightingQuery + " WHERE size <= ? ORDER BY size, id").Bind(Key(upTo)), ReadSighting), cancellation);

    /// <inheritdoc/>
    public ValueTask DeleteSightingAsync(long id, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Start("DELETE FROM sightings WHERE id = ?").Bind(id).Run();
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask AddEvidenceAsync(StoredForkEvidence evidence, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Evidence);
                StoredForkEvidence? kept = ReadAll(session.Start(EvidenceQuery + " WHERE digest = ?").Bind(evidence.Digest.AsSpan()), ReadEvidence).SingleOrDefault();
                if (kept is null)
                {
                    BindEvidence(session.Start("INSERT INTO fork_evidence (digest, source, evidence, settled_at, settled_by, row_hash) VALUES (?, ?, ?, ?, ?, ?)", ForkEvidences), evidence).RunWithHash();
                }
                else if (kept.SettledAt is not null)
                {
                    UpdateEvidence(session, kept with { SettledAt = null, SettledBy = "" });
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredForkEvidence>> ReadEvidenceAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredForkEvidence>>(
        session => ReadAll(session.Start(EvidenceQuery + " ORDER BY id"), ReadEvidence), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> SettleEvidenceAsync(long id, DateTimeOffset at, string by, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Journal?.Tell(session, StoreTopic.Evidence);
            StoredForkEvidence? kept = ReadAll(session.Start(EvidenceQuery + " WHERE id = ?").Bind(id), ReadEvidence).SingleOrDefault();
            if (kept is not null) UpdateEvidence(session, kept with { SettledAt = at, SettledBy = by });
            return kept is not null;
        },
        cancellation);

    private static ulong ReadAccepted(Session session)
    {
        Statement query = session.Start("SELECT * FROM acceptance");
        if (!query.Step()) return 0;
        query.Row(AcceptanceTable);
        query.Int64();
        ulong size = query.UInt64();
        query.CheckRow("size");
        query.Reset();
        return size;
    }

    private static StoredSighting ReadSighting(Statement query)
    {
        query.Row(Sightings);
        StoredSighting read = new(0, query.UInt64(), query.Text(), query.Bytes());
        return read with { Id = CheckNumbered(query) };
    }

    private static void UpdateEvidence(Session session, StoredForkEvidence evidence) =>
        BindEvidence(session.Start("UPDATE fork_evidence SET digest = ?, source = ?, evidence = ?, settled_at = ?, settled_by = ?, row_hash = ? WHERE id = ?", ForkEvidences), evidence).BindHash().Bind(evidence.Id).Run();

    private static Statement BindEvidence(Statement statement, StoredForkEvidence evidence)
    {
        statement.Bind(evidence.Digest.AsSpan()).Bind(evidence.Source).Bind(evidence.Evidence.AsSpan());
        return (evidence.SettledAt is { } at ? statement.Bind(at.UtcTicks) : statement.BindNull()).Bind(evidence.SettledBy);
    }

    private static StoredForkEvidence ReadEvidence(Statement query)
    {
        query.Row(ForkEvidences);
        byte[] digest = query.Bytes();
        string source = query.Text();
        byte[] evidence = query.Bytes();
        ulong? settledAt = query.UInt64OrNull();
        string settledBy = query.Text();
        long id = CheckNumbered(query);
        return new StoredForkEvidence(id, digest, source, evidence, settledAt is { } ticks ? new DateTimeOffset((long)Math.Min(ticks, (ulong)DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero) : null, settledBy);
    }
}
