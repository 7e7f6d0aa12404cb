using Gateway.Ledger;
using Gateway.Node.Circles;
using Gateway.Protocol;
using Gateway.Protocol.Log;

namespace Gateway.Node.Feed;

/// <summary>What this node holds to be true of the network: everything up to one verified checkpoint. Immutable.</summary>
/// <param name="State">Members, circles, keys, day.</param>
/// <param name="Keyring">The circle keys this member can open.</param>
/// <param name="Size">Leaves applied.</param>
/// <param name="Root">Root over them.</param>
public sealed record NodeView(NetworkState State, CircleKeyring Keyring, ulong Size, TreeHash Root)
{
    /// <summary>
    /// The day by which records expire here: the log's, but never later than the day after this node's own. A broker whose clock runs ahead, or that says so, deletes nothing here.
    /// </summary>
    public UtcDay ExpiryDay(TimeProvider time)
    {
        UtcDay tomorrow = UtcDay.Of(time.GetUtcNow()).AddDays(1);
        return State.Day < tomorrow ? State.Day : tomorrow;
    }

    /// <summary>Before the first batch.</summary>
    public static NodeView Empty { get; } = new(NetworkState.Empty, CircleKeyring.Empty, 0, MerkleHash.EmptyRoot);
}
