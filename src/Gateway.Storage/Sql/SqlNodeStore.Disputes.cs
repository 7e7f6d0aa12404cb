using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string DisputesTable = "disputes";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeDispute>> ReadDisputesAsync(CancellationToken cancellation) =>
        _database.ReadAsync<IReadOnlyList<NodeDispute>>(session => ReadAll(session.Start("SELECT * FROM disputes ORDER BY record"), ReadDispute), cancellation);

    /// <inheritdoc/>
    public ValueTask SetRemindedAsync(RecordId record, int reminded, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            if (FindDispute(session, record) is { } held)
            {
                WriteDispute(session, held with { Reminded = reminded });
            }
        },
        cancellation);

    // What was reminded of stays reminded of, unless the record is disputed anew.
    private static void SaveDispute(Session session, DisputeState state)
    {
        NodeDispute? held = FindDispute(session, state.Record);
        WriteDispute(session, new NodeDispute(state, held is not null && held.State.DisputedAt == state.DisputedAt ? held.Reminded : 0));

        // Whoever follows the alerts is told: what they say of the record has changed.
        foreach (int number in ReadAll(session.Start("SELECT number FROM records WHERE id = ?").Bind(state.Record), ReadNumber))
        {
            foreach (StoredAlert alert in ReadAll(session.Start(AlertQuery + " WHERE record = ? AND ended IS NULL").Bind(number), ReadAlert)) UpdateAlert(session, alert);
        }
    }

    private static int ReadNumber(Statement query)
    {
        query.Row(Records);
        return (int)query.Int64();
    }

    private static NodeDispute? FindDispute(Session session, RecordId record) =>
        ReadAll(session.Start("SELECT * FROM disputes WHERE record = ?").Bind(record), ReadDispute).FirstOrDefault();

    private static void WriteDispute(Session session, NodeDispute dispute)
    {
        DisputeState state = dispute.State;
        session.Start("REPLACE INTO disputes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", DisputesTable)
            .Bind(state.Record).Bind(state.Circle).Bind(state.Epoch).Bind(state.DisputedAt).Bind((long)state.Ground).Bind(state.Deadline.Number).Bind(state.DecidedOf).Bind(state.DecidedAt)
            .Bind((long)state.Decision).Bind((long)state.Reason).Bind(dispute.Reminded)
            .RunWithHash();
    }

    private static NodeDispute ReadDispute(Statement query)
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
        NodeDispute read = new(state, (int)query.Int64());
        query.CheckRow(state.Record.Prefix);
        return read;
    }
}
