using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore : IDisputeStore
{
    private const string DisputesTable = "disputes", ObjectionsTable = "objections";

    /// <inheritdoc/>
    public IDisputeStore Disputes => this;

    /// <inheritdoc/>
    ValueTask<StoredDispute?> IDisputeStore.FindAsync(RecordId record, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadAll(session.Start("SELECT * FROM disputes WHERE record = ?").Bind(record), ReadDispute).FirstOrDefault(), cancellation);

    /// <inheritdoc/>
    ValueTask<IReadOnlyList<StoredDispute>> IDisputeStore.ListOpenAsync(UtcDay day, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredDispute>>(
        session => ReadAll(
            session.Start("SELECT d.* FROM disputes d JOIN records r ON r.id = d.record WHERE d.is_open = 1 AND r.withdrawn_at IS NULL AND r.expiry >= ? ORDER BY d.deadline, d.record").Bind(day.Number), ReadDispute),
        cancellation);

    /// <inheritdoc/>
    ValueTask<int> IDisputeStore.CountOpenedAsync(MemberId member, UtcDay since, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadAll(session.Start("SELECT * FROM disputes WHERE opened_by = ? AND opened_on >= ?").Bind(member).Bind(since.Number), ReadDispute).Count, cancellation);

    /// <inheritdoc/>
    public ValueTask AddObjectionsAsync(IReadOnlyCollection<StoredObjection> objections, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(objections);
        return _database.WriteAsync(
            session =>
            {
                foreach (StoredObjection objection in objections)
                {
                    Statement insert = session.Start("INSERT INTO objections (desk, reference, filed_at, record, sealed, row_hash) VALUES (?, ?, ?, ?, ?, ?)", ObjectionsTable)
                        .Bind(objection.Desk).Bind(objection.Reference).Bind(objection.FiledAt.UtcTicks);
                    (objection.Record is { } record ? insert.Bind(record) : insert.BindNull()).Bind(objection.Sealed.AsSpan()).RunWithHash();
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredObjection>> ReadObjectionsAsync(MemberId desk, long after, int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredObjection>>(
        session => ReadAll(
            session.Start("SELECT desk, reference, filed_at, record, sealed, row_hash, id FROM objections WHERE desk = ? AND id > ? ORDER BY id LIMIT ?").Bind(desk).Bind(after).Bind(most), ReadObjection),
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> HasObjectionAsync(MemberId desk, string reference, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadAll(
            session.Start("SELECT desk, reference, filed_at, record, sealed, row_hash, id FROM objections WHERE desk = ? AND reference = ? LIMIT 1").Bind(desk).Bind(reference), ReadObjection).Count > 0,
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<MemberId, int>> CountObjectionsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyDictionary<MemberId, int>>(
        session =>
        {
            Dictionary<MemberId, int> counts = [];
            Statement query = session.Start("SELECT desk, COUNT(*) FROM objections GROUP BY desk");
            while (query.Step())
            {
                query.Row(ObjectionsTable);
                counts.Add(query.Member(), (int)query.Int64());
            }

            return counts;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteObjectionAsync(MemberId desk, long id, CancellationToken cancellation) =>
        _database.WriteAsync(session => session.Start("DELETE FROM objections WHERE desk = ? AND id = ?").Bind(desk).Bind(id).Run() > 0, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> DeleteObjectionsAsync(DateTimeOffset before, CancellationToken cancellation) =>
        _database.WriteAsync(session => session.Start("DELETE FROM objections WHERE filed_at < ?").Bind(before.UtcTicks).Run(), cancellation);

    private static void WriteDispute(Session session, StoredDispute dispute)
    {
        DisputeState state = dispute.State;
        session.Start("REPLACE INTO disputes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", DisputesTable)
            .Bind(state.Record).Bind(state.Circle).Bind(state.Epoch).Bind(state.DisputedAt).Bind((long)state.Ground).Bind(state.Deadline.Number).Bind(state.DecidedOf).Bind(state.DecidedAt)
            .Bind((long)state.Decision).Bind((long)state.Reason).Bind(dispute.OpenedBy).Bind(dispute.OpenedOn.Number).Bind(state.IsOpen ? 1L : 0L)
            .RunWithHash();
    }

    private static StoredDispute ReadDispute(Statement query)
    {
        query.Row(DisputesTable);
        DisputeState state = new(query.Record(), query.Circle(), (uint)query.Int64())
        {
            DisputedAt = query.UInt64OrNull(),
            Ground = (DisputeGround)query.Int64(),
            Deadline = new UtcDay((uint)query.Int64()),
            DecidedOf = query.UInt64OrNull(),
            DecidedAt = query.UInt64OrNull(),
            Decision = (DisputeDecision)query.Int64(),
            Reason = (DisputeReason)query.Int64(),
        };
        StoredDispute read = new(state, query.Member(), new UtcDay((uint)query.Int64()));
        _ = query.Int64();
        query.CheckRow(state.Record.Prefix);
        return read;
    }

    private static StoredObjection ReadObjection(Statement query)
    {
        query.Row(ObjectionsTable);
        StoredObjection read = new(query.Member(), query.Text(), At(query.Int64()), query.RecordOrNull(), query.Bytes());
        query.CheckRow(read.Reference);
        return read with { Id = query.Int64() };
    }
}
