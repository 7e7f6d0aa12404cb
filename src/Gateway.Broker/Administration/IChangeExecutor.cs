using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Administration;

/// <summary>What one kind of change needs and does. The desk calls it; it does not write by itself.</summary>
public interface IChangeExecutor
{
    /// <summary>The kind.</summary>
    Change.KindOneofCase Kind { get; }

    /// <summary>Whether the change can be carried out in a state; asked when it is proposed and again when it is approved. Null, or why not.</summary>
    ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation);

    /// <summary>What carrying it out does; called after the check, when another operator has approved. May refuse what only an approval needs.</summary>
    ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation);
}

/// <summary>What carrying out a change does, all in one transaction with the change's own state.</summary>
public sealed record ChangeEffect
{
    /// <summary>Entries of the log, in this order.</summary>
    public IReadOnlyList<Entry> Entries { get; init; } = [];

    /// <summary>Records that it withdraws.</summary>
    public IReadOnlyList<(RecordId Id, RecordWithdrawn Withdrawal)> Withdrawals { get; init; } = [];

    /// <summary>What must hold of the state at the moment the entries are sequenced, beyond what the state itself checks.</summary>
    public Func<NetworkState, Refusal?>? Condition { get; init; }

    /// <summary>Adds to the decision what goes into the store beside the log.</summary>
    public Func<ChangeDecision, ChangeDecision> Decide { get; init; } = decision => decision;

    /// <summary>Adds to the approving operator's answer.</summary>
    public Action<ApproveChangeResponse> Answer { get; init; } = _ => { };

    /// <summary>What follows in memory once the transaction is durable. Must not fail.</summary>
    public Action Committed { get; init; } = () => { };
}
