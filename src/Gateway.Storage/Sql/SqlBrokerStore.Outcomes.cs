using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore : IOutcomeStore
{
    private const string OutcomesTable = "outcomes";

    private const string OutcomeQuery = "SELECT record, circle, contributor, member, shipment, outcome, reason, row_hash, number FROM outcomes";

    /// <inheritdoc/>
    public IOutcomeStore Outcomes => this;

    /// <inheritdoc/>
    ValueTask IOutcomeStore.SaveAsync(IReadOnlyCollection<StoredOutcome> outcomes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        return _database.WriteAsync(
            session =>
            {
                foreach (StoredOutcome outcome in outcomes)
                {
                    Bind(
                        session.Start(
                            """
                            INSERT INTO outcomes (record, circle, contributor, member, shipment, outcome, reason, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                            ON CONFLICT (record, member, shipment) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, row_hash = excluded.row_hash
                            """,
                            OutcomesTable),
                        outcome).RunWithHash();
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    IAsyncEnumerable<StoredOutcome> IOutcomeStore.ReadCircleAsync(CircleId circle, RecordId? after, CancellationToken cancellation) =>
        ReadOutcomesAsync("circle", query => query.Bind(circle), after, cancellation);

    /// <inheritdoc/>
    IAsyncEnumerable<StoredOutcome> IOutcomeStore.ReadContributorAsync(MemberId contributor, RecordId? after, CancellationToken cancellation) =>
        ReadOutcomesAsync("contributor", query => query.Bind(contributor), after, cancellation);

    /// <inheritdoc/>
    ValueTask<IReadOnlyList<StoredOutcome>> IOutcomeStore.ReadMemberAsync(RecordId record, MemberId member, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredOutcome>>(
        session => ReadAll(session.Start(OutcomeQuery + " WHERE record = ? AND member = ? ORDER BY number").Bind(record).Bind(member), ReadOutcome), cancellation);

    private static Statement Bind(Statement statement, StoredOutcome outcome) => statement
        .Bind(outcome.Record).Bind(outcome.Circle).Bind(outcome.Contributor).Bind(outcome.Member).Bind(outcome.Shipment.AsSpan()).Bind((long)outcome.Outcome).Bind((long)outcome.Reason);

    private IAsyncEnumerable<StoredOutcome> ReadOutcomesAsync(string column, Func<Statement, Statement> bind, RecordId? after, CancellationToken cancellation) =>
        _database.ReadPagesAsync<StoredOutcome, (byte[] Record, long Number)>(
            (after?.ToArray() ?? [], long.MaxValue),
            (session, last, page) =>
            {
                page.AddRange(ReadAll(
                    bind(session.Start($"{OutcomeQuery} WHERE {column} = ? AND (record, number) > (?, ?) ORDER BY record, number LIMIT ?")).Bind(last.Record.AsSpan()).Bind(last.Number).Bind(PageRows), ReadOutcome));
                return page.Count == 0 ? last : (page[^1].Record.ToArray(), page[^1].Number);
            },
            cancellation);

    private static StoredOutcome ReadOutcome(Statement query)
    {
        query.Row(OutcomesTable);
        StoredOutcome read = new(query.Record(), query.Circle(), query.Member(), query.Member(), query.Bytes(), (Outcome)query.Int64(), (OutcomeReason)query.Int64());
        query.CheckRow(read.Record.Prefix);
        return read with { Number = query.Int64() };
    }
}
