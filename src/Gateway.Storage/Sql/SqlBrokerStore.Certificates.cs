using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore : ICertificateStore
{
    private const string Issued = "issued_certificates", Denied = "denied_certificates", DenyLists = "deny_lists";

    /// <inheritdoc/>
    public ICertificateStore Certificates => this;

    /// <inheritdoc/>
    public ValueTask AddIssuedAsync(StoredCertificate certificate, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return _database.WriteAsync(
            session =>
            {
                session.Start("DELETE FROM issued_certificates WHERE name = ? AND not_after <= ?").Bind(certificate.Name).Bind(certificate.IssuedAt.UtcTicks).Run();
                session.Start("INSERT INTO issued_certificates VALUES (?, ?, ?, ?, ?, ?, ?)", Issued)
                    .Bind(certificate.Serial.AsSpan()).Bind(certificate.Name).Bind(certificate.KeyHash.AsSpan()).Bind(certificate.Authority.AsSpan())
                    .Bind(certificate.IssuedAt.UtcTicks).Bind(certificate.NotAfter.UtcTicks).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredCertificate>> ReadIssuedAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredCertificate>>(
        session => ReadAll(
            session.Start("SELECT * FROM issued_certificates ORDER BY name, issued_at, serial"),
            query =>
            {
                query.Row(Issued);
                StoredCertificate read = new(query.Bytes(), query.Text(), query.Bytes(), query.Bytes(), At(query.Int64()), At(query.Int64()));
                query.CheckRow(Convert.ToHexStringLower(read.Serial));
                return read;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask DenyAsync(DeniedCertificate denied, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(denied);
        return _database.WriteAsync(
            session =>
            {
                session.Start("INSERT OR IGNORE INTO denied_certificates VALUES (?, ?, ?, ?, ?, ?, ?)", Denied)
                    .Bind(denied.KeyHash.AsSpan()).Bind(denied.Name).Bind(denied.Operator).Bind(denied.Reason).Bind(denied.DeniedAt.UtcTicks).Bind(denied.Until.UtcTicks).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeniedCertificate>> ReadDeniedAsync(DateTimeOffset now, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<DeniedCertificate>>(
        session => ReadAll(
            session.Start("SELECT * FROM denied_certificates WHERE until > ? ORDER BY denied_at, key_hash").Bind(now.UtcTicks),
            query =>
            {
                query.Row(Denied);
                DeniedCertificate read = new(query.Bytes(), query.Text(), query.Text(), query.Text(), At(query.Int64()), At(query.Int64()));
                query.CheckRow(Convert.ToHexStringLower(read.KeyHash));
                return read;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> TryAddDenyListAsync(StoredDenyList list, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(list);
        return _database.WriteAsync(
            session =>
            {
                if (ReadDenyList(session) is { } newest && newest.Number >= list.Number) return false;
                session.Start("INSERT INTO deny_lists VALUES (?, ?, ?, ?)", DenyLists).Bind(list.Number).Bind(list.Body.AsSpan()).Bind(list.Signature.AsSpan()).RunWithHash();
                session.Start("DELETE FROM deny_lists WHERE number < ?").Bind(list.Number).Run();
                return true;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<StoredDenyList?> ReadDenyListAsync(CancellationToken cancellation) => _database.ReadAsync(ReadDenyList, cancellation);

    private static StoredDenyList? ReadDenyList(Session session)
    {
        Statement query = session.Start("SELECT * FROM deny_lists ORDER BY number DESC LIMIT 1");
        if (!query.Step()) return null;
        query.Row(DenyLists);
        StoredDenyList read = new(query.UInt64(), query.Bytes(), query.Bytes());
        query.CheckRow((long)read.Number);
        query.Reset();
        return read;
    }

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}
