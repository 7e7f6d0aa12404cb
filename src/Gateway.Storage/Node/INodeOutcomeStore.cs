using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Storage.Node;

/// <summary>What came of hits, as this member's officers state it, on its way to the broker.</summary>
public interface INodeOutcomeStore
{
    /// <summary>Keeps outcomes, waiting; of a record and shipment stated before, in its place. What was stated just so stays as it is.</summary>
    ValueTask AddOutcomesAsync(IReadOnlyCollection<NodeOutcome> outcomes, CancellationToken cancellation);

    /// <summary>Outcomes that wait, oldest first.</summary>
    ValueTask<IReadOnlyList<NodeOutcome>> ReadWaitingOutcomesAsync(int most, CancellationToken cancellation);

    /// <summary>Notes what the broker said to outcomes. One that was stated anew meanwhile goes on waiting.</summary>
    ValueTask AnswerOutcomesAsync(IReadOnlyCollection<(NodeOutcome Outcome, NodeOutcomeState State)> answered, CancellationToken cancellation);

    /// <summary>Outcomes by state.</summary>
    ValueTask<IReadOnlyDictionary<NodeOutcomeState, int>> CountOutcomesAsync(CancellationToken cancellation);
}

/// <summary>How far an outcome has come.</summary>
public enum NodeOutcomeState
{
    /// <summary>It waits for the broker.</summary>
    Waiting = 1,

    /// <summary>The broker has it.</summary>
    Sent = 2,

    /// <summary>The broker refused it.</summary>
    Refused = 3,
}

/// <summary>What came of one record's hit on one shipment.</summary>
/// <param name="Record">The record.</param>
/// <param name="Shipment">Keyed digest of the shipment's reference, 32 bytes.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Reason">Why.</param>
public sealed record NodeOutcome(RecordId Record, byte[] Shipment, Outcome Outcome, OutcomeReason Reason);
