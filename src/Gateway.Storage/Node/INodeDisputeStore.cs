using Gateway.Protocol;
using Gateway.Protocol.Disputes;

namespace Gateway.Storage.Node;

/// <summary>How the disputes about this node's records stand. They are written with the leaves that say so (<see cref="RecordsApply.Disputes"/>) and go with their circle.</summary>
public interface INodeDisputeStore
{
    /// <summary>All disputes, by record.</summary>
    ValueTask<IReadOnlyList<NodeDispute>> ReadDisputesAsync(CancellationToken cancellation);

    /// <summary>Notes the last reminder that was given about a dispute. One that is not there any more is left out.</summary>
    ValueTask SetRemindedAsync(RecordId record, int reminded, CancellationToken cancellation);
}

/// <summary>A dispute at a node.</summary>
/// <param name="State">As the log has it.</param>
/// <param name="Reminded">The last reminder given about it; the store keeps it for as long as the same dispute is the newest.</param>
public sealed record NodeDispute(DisputeState State, int Reminded = 0);
