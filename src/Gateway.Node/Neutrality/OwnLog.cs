using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Protocol.Log;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Neutrality;

/// <summary>This node's verified log for whoever compares: the newest checkpoint, the roots of all earlier sizes, and proofs. Reads the store; a tile a level for each question.</summary>
public sealed class OwnLog(INodeStore store, Func<NodeView> view)
{
    /// <summary>The network's name; empty before the first batch.</summary>
    public string Network => view().State.Network;

    /// <summary>The log's key, or null before the first batch.</summary>
    public LogVerifier? Verifier => view().State.Genesis is { } genesis ? new LogVerifier(genesis.Network, VerifyingKey.FromBytes(genesis.LogPk.Span)) : null;

    /// <summary>The newest checkpoint with the tree it covers; null before the first batch.</summary>
    public async Task<(LogHead Head, TiledTree Tree)?> OpenAsync(CancellationToken cancellation) =>
        await store.ReadHeadAsync(cancellation) is { } head && Verifier is not null ? (head, TiledTree.Open(head.Size, store)) : null;

    /// <summary>The Genesis entry's bytes.</summary>
    public async Task<byte[]> ReadGenesisAsync(CancellationToken cancellation)
    {
        await foreach (LoggedLeaf leaf in store.ReadLeavesAsync(0, 1, cancellation))
        {
            if (leaf.Entry is not null) return leaf.Entry;
        }

        throw new InvalidOperationException("The log is asked for its Genesis before there is one.");
    }
}
