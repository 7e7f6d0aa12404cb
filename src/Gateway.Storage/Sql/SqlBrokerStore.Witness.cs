using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore : IWitnessStore
{
    private const string ForeignCheckpoint = "foreign_checkpoint";

    /// <inheritdoc/>
    public IWitnessStore Witness => this;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<byte[]>> ReadLeafDataAsync(ulong from, ulong to, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<byte[]>>(
        session =>
        {
            ulong next = from;
            return ReadAll(
                session.Start("SELECT * FROM leaves WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT 256").Bind(Key(from)).Bind(Key(to)),
                query =>
                {
                    BrokerLeaf leaf = ReadBareLeaf(query);
                    return leaf.Index == next++ ? leaf.LeafData : throw new StoreCorruptException(Leaves, (next - 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
                });
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask SaveCosignaturesAsync(IReadOnlyCollection<StoredCosignature> cosignatures, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(cosignatures);
        return _database.WriteAsync(
            session =>
            {
                foreach (StoredCosignature cosignature in cosignatures) CosignatureRows.Write(session, cosignature);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredCosignature>> ReadCosignaturesAsync(CancellationToken cancellation) => _database.ReadAsync(CosignatureRows.ReadAll, cancellation);

    /// <inheritdoc/>
    public ValueTask SaveForeignCheckpointAsync(byte[] note, DateTimeOffset foundAt, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Start("INSERT OR IGNORE INTO foreign_checkpoint VALUES (?, ?, ?, ?)", ForeignCheckpoint).Bind(1).Bind(note.AsSpan()).Bind(foundAt.UtcTicks).RunWithHash();
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<byte[]?> ReadForeignCheckpointAsync(CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT * FROM foreign_checkpoint WHERE slot = ?").Bind(1);
            if (!query.Step()) return null;
            query.Row(ForeignCheckpoint);
            _ = query.Int64();
            byte[] note = query.Bytes();
            _ = query.Int64();
            query.CheckRow("1");
            return note;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask ForgetForeignCheckpointAsync(CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Start("DELETE FROM foreign_checkpoint").Run();
        },
        cancellation);
}

/// <summary>The table of cosignatures, which broker and node have alike.</summary>
internal static class CosignatureRows
{
    private const string Table = "cosignatures";

    public static void Write(Session session, StoredCosignature cosignature) =>
        session.Start("REPLACE INTO cosignatures VALUES (?, ?, ?, ?)", Table).Bind(cosignature.Member).Bind(cosignature.Size).Bind(cosignature.Note.AsSpan()).RunWithHash();

    public static IReadOnlyList<StoredCosignature> ReadAll(Session session)
    {
        List<StoredCosignature> rows = [];
        Statement query = session.Start("SELECT * FROM cosignatures ORDER BY member");
        while (query.Step())
        {
            query.Row(Table);
            StoredCosignature row = new(query.Member(), query.UInt64(), query.Bytes());
            query.CheckRow(row.Member.ToString());
            rows.Add(row);
        }

        return rows;
    }
}
