using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string OutcomesTable = "outcomes";

    private const string OutcomeQuery = "SELECT record, shipment, outcome, reason, state, row_hash, id FROM outcomes";

    /// <inheritdoc/>
    public ValueTask AddOutcomesAsync(IReadOnlyCollection<NodeOutcome> outcomes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Outcomes);
                foreach (NodeOutcome outcome in outcomes)
                {
                    if (FindOutcome(session, outcome) is { } held && held.Outcome.Outcome == outcome.Outcome && held.Outcome.Reason == outcome.Reason && held.State != NodeOutcomeState.Refused) continue;
                    Save(session, outcome, NodeOutcomeState.Waiting);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeOutcome>> ReadWaitingOutcomesAsync(int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<NodeOutcome>>(
        session => ReadAll(session.Start(OutcomeQuery + " WHERE state = 1 ORDER BY id LIMIT ?").Bind(most), query => ReadOutcome(query).Outcome), cancellation);

    /// <inheritdoc/>
    public ValueTask AnswerOutcomesAsync(IReadOnlyCollection<(NodeOutcome Outcome, NodeOutcomeState State)> answered, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(answered);
        return _database.WriteAsync(
            session =>
            {
                foreach ((NodeOutcome outcome, NodeOutcomeState state) in answered)
                {
                    if (FindOutcome(session, outcome) is { State: NodeOutcomeState.Waiting } held && held.Outcome.Outcome == outcome.Outcome && held.Outcome.Reason == outcome.Reason) Save(session, outcome, state);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<NodeOutcomeState, int>> CountOutcomesAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyDictionary<NodeOutcomeState, int>>(
        session =>
        {
            Dictionary<NodeOutcomeState, int> counts = [];
            Statement query = session.Start("SELECT state, COUNT(*) FROM outcomes GROUP BY state");
            while (query.Step())
            {
                query.Row(OutcomesTable);
                counts.Add((NodeOutcomeState)query.Int64(), (int)query.Int64());
            }

            return counts;
        },
        cancellation);

    private static void Save(Session session, NodeOutcome outcome, NodeOutcomeState state) => session
        .Start(
            """
            INSERT INTO outcomes (record, shipment, outcome, reason, state, row_hash) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (record, shipment) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, state = excluded.state, row_hash = excluded.row_hash
            """,
            OutcomesTable)
        .Bind(outcome.Record).Bind(outcome.Shipment.AsSpan()).Bind((long)outcome.Outcome).Bind((long)outcome.Reason).Bind((long)state).RunWithHash();

    private static (NodeOutcome Outcome, NodeOutcomeState State)? FindOutcome(Session session, NodeOutcome outcome)
    {
        List<(NodeOutcome Outcome, NodeOutcomeState State)> found = ReadAll(session.Start(OutcomeQuery + " WHERE record = ? AND shipment = ?").Bind(outcome.Record).Bind(outcome.Shipment.AsSpan()), ReadOutcome);
        return found.Count == 0 ? null : found[0];
    }

    private static (NodeOutcome Outcome, NodeOutcomeState State) ReadOutcome(Statement query)
    {
        query.Row(OutcomesTable);
        NodeOutcome outcome = new(query.Record(), query.Bytes(), (Outcome)query.Int64(), (OutcomeReason)query.Int64());
        NodeOutcomeState state = (NodeOutcomeState)query.Int64();
        CheckNumbered(query);
        return (outcome, state);
    }
}
