using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore
{
    private const string Evaluators = "evaluators", ShareOffers = "share_offers";

    /// <inheritdoc/>
    public ValueTask SaveEvaluatorAsync(StoredEvaluator evaluator, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(evaluator);
        return _database.WriteAsync(
            session =>
            {
                session.Start("REPLACE INTO evaluators VALUES (?, ?, ?, ?, ?, ?)", Evaluators)
                    .Bind(evaluator.Name).Bind(evaluator.Address).Bind(evaluator.BoxKey.AsSpan()).Bind(evaluator.AdmittedBy).Bind(evaluator.AdmittedAt.UtcTicks).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvaluator>> ListEvaluatorsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredEvaluator>>(
        session => ReadAll(
            session.Start("SELECT * FROM evaluators ORDER BY name"),
            query =>
            {
                query.Row(Evaluators);
                var evaluator = new StoredEvaluator(query.Text(), query.Text(), query.Bytes(), query.Text(), new DateTimeOffset(query.Int64(), TimeSpan.Zero));
                query.CheckRow(evaluator.Name);
                return evaluator;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredShareOffer?> ReadShareOfferAsync(CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT * FROM share_offers");
            if (!query.Step())
            {
                return null;
            }

            query.Row(ShareOffers);
            query.Int64();
            var offer = new StoredShareOffer(query.Text(), query.Bytes(), new DateTimeOffset(query.Int64(), TimeSpan.Zero));
            query.CheckRow(offer.Evaluator);
            return offer;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask DeleteShareOfferAsync(ReadOnlyMemory<byte> offer, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Start("DELETE FROM share_offers WHERE offer = ?").Bind(offer.Span).Run();
        },
        cancellation);

    private static void WriteShareOffer(Session session, StoredShareOffer offer) =>
        session.Start("REPLACE INTO share_offers VALUES (?, ?, ?, ?, ?)", ShareOffers).Bind(1).Bind(offer.Evaluator).Bind(offer.Offer.AsSpan()).Bind(offer.MadeAt.UtcTicks).RunWithHash();
}
