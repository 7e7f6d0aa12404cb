using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>Entries that change the network's state; they go into the log together, in this order, or not at all.</summary>
public sealed record StateChange
{
    /// <summary>The entries.</summary>
    public required IReadOnlyList<Entry> Entries { get; init; }

    /// <summary>SHA-256 of the token of the invitation that the first entry uses, or null.</summary>
    public byte[]? UsedInvitation { get; init; }

    /// <summary>The decision of operators that the entries carry out, or null.</summary>
    public ChangeDecision? Decision { get; init; }

    /// <summary>Routing keys of epochs that the entries begin.</summary>
    public IReadOnlyList<StoredRouteKey> RouteKeys { get; init; } = [];

    /// <summary>Records that it withdraws, each under its own circle's route, after the entries.</summary>
    public IReadOnlyList<(RecordId Id, RecordWithdrawn Withdrawal)> Withdrawals { get; init; } = [];

    /// <summary>What must hold of the state at the moment the entries are sequenced, beyond what the state itself checks.</summary>
    public Func<NetworkState, Refusal?>? Condition { get; init; }
}
