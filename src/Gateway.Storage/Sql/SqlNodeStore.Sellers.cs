using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string Sellers = "sellers", SellerIdentifiers = "seller_identifiers";

    private const string SellerQuery = "SELECT reference, content, sealed, registered_day, row_hash, id FROM sellers";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(SellerChange Change, StoredSeller Seller)>> SaveSellersAsync(IReadOnlyCollection<StoredSeller> sellers, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sellers);
        return _database.WriteAsync<IReadOnlyList<(SellerChange Change, StoredSeller Seller)>>(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Sellers);
                return sellers.Select(seller => SaveSeller(session, seller)).ToList();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<StoredSeller?> FindSellerAsync(ReadOnlyMemory<byte> reference, CancellationToken cancellation) => _database.ReadAsync(session => FindSeller(session, reference.Span), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredSeller>> FindSellersAsync(UInt128 hash, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredSeller>>(
        session =>
        {
            List<long> ids = ReadAll(
                session.Start("SELECT hash, seller, row_hash FROM seller_identifiers WHERE hash = ? ORDER BY seller").Bind(hash),
                query => ReadSellerIdentifier(query).Seller);
            return [.. ids.Select(id => ReadSeller(session, id))];
        },
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredSeller> ListSellersAsync(CancellationToken cancellation) => _database.ReadPagesAsync<StoredSeller, long>(
        0,
        (session, last, page) =>
        {
            page.AddRange(ReadAll(session.Start(SellerQuery + " WHERE id > ? ORDER BY id LIMIT ?").Bind(last).Bind(PageRows), ReadSeller));
            for (int i = 0; i < page.Count; i++)
            {
                page[i] = page[i] with { Hashes = ReadSellerHashes(session, page[i].Id) };
            }

            return page.Count == 0 ? last : page[^1].Id;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveSellerAsync(ReadOnlyMemory<byte> reference, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            if (FindSeller(session, reference.Span) is not { } seller)
            {
                return false;
            }

            session.Start("DELETE FROM seller_identifiers WHERE seller = ?").Bind(seller.Id).Run();
            session.Start("DELETE FROM sellers WHERE id = ?").Bind(seller.Id).Run();
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountSellersAsync(CancellationToken cancellation) => _database.ReadAsync(session => ReadLast(session, "SELECT COUNT(*) FROM sellers"), cancellation);

    private static (SellerChange Change, StoredSeller Seller) SaveSeller(Session session, StoredSeller seller)
    {
        StoredSeller? held = FindSeller(session, seller.Reference);
        if (held is not null && held.Content.AsSpan().SequenceEqual(seller.Content))
        {
            return (SellerChange.Unchanged, held);
        }

        long id;
        if (held is null)
        {
            session.Start("INSERT INTO sellers (reference, content, sealed, registered_day, row_hash) VALUES (?, ?, ?, ?, ?)", Sellers)
                .Bind(seller.Reference.AsSpan()).Bind(seller.Content.AsSpan()).Bind(seller.Sealed.AsSpan()).Bind(seller.RegisteredDay.Number).RunWithHash();
            id = session.LastId;
        }
        else
        {
            id = held.Id;
            session.Start("UPDATE sellers SET reference = ?, content = ?, sealed = ?, registered_day = ?, row_hash = ? WHERE id = ?", Sellers)
                .Bind(seller.Reference.AsSpan()).Bind(seller.Content.AsSpan()).Bind(seller.Sealed.AsSpan()).Bind(seller.RegisteredDay.Number).BindHash().Bind(id).Run();
            session.Start("DELETE FROM seller_identifiers WHERE seller = ?").Bind(id).Run();
        }

        Statement insert = session.Prepare("INSERT OR IGNORE INTO seller_identifiers VALUES (?, ?, ?)");
        foreach (UInt128 hash in seller.Hashes)
        {
            insert.Start(SellerIdentifiers).Bind(hash).Bind(id).RunWithHash();
        }

        return (held is null ? SellerChange.Added : SellerChange.Replaced, seller with { Id = id });
    }

    private static StoredSeller? FindSeller(Session session, ReadOnlySpan<byte> reference)
    {
        List<StoredSeller> found = ReadAll(session.Start(SellerQuery + " WHERE reference = ?").Bind(reference), ReadSeller);
        return found.Count == 0 ? null : found[0] with { Hashes = ReadSellerHashes(session, found[0].Id) };
    }

    private static StoredSeller ReadSeller(Session session, long id)
    {
        List<StoredSeller> found = ReadAll(session.Start(SellerQuery + " WHERE id = ?").Bind(id), ReadSeller);
        return found.Count == 0
            ? throw new StoreCorruptException(Sellers, id.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : found[0] with { Hashes = ReadSellerHashes(session, id) };
    }

    private static StoredSeller ReadSeller(Statement query)
    {
        query.Row(Sellers);
        byte[] reference = query.Bytes();
        byte[] content = query.Bytes();
        byte[] sealedSeller = query.Bytes();
        var day = new UtcDay((uint)query.Int64());
        return new StoredSeller { Id = CheckNumbered(query), Reference = reference, Content = content, Sealed = sealedSeller, RegisteredDay = day };
    }

    private static List<UInt128> ReadSellerHashes(Session session, long seller) => ReadAll(
        session.Start("SELECT hash, seller, row_hash FROM seller_identifiers WHERE seller = ? ORDER BY hash").Bind(seller), query => ReadSellerIdentifier(query).Hash);

    private static (UInt128 Hash, long Seller) ReadSellerIdentifier(Statement query)
    {
        query.Row(SellerIdentifiers);
        UInt128 hash = query.UInt128();
        long seller = query.Int64();
        query.CheckRow(seller);
        return (hash, seller);
    }
}
