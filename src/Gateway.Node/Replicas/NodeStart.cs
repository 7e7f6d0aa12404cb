using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Life;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Replicas;

/// <summary>What a process of a node reads of the store before it runs.</summary>
internal static class NodeStart
{
    /// <summary>Reads the view of the log and builds the index, also while other processes write.</summary>
    /// <exception cref="StoreRefusedException">The store is another member's.</exception>
    public static async Task<(NodeView View, TiledTree Tree, NodeMatcher Matcher)> LoadAsync(
        INodeStore store, KnownCache cache, MemberId member, MemberKeys keys, HighWater highWater, NodeDirectory directory, NodeSeams seams, CancellationToken cancellation)
    {
        if (store.Replicas is { } replicas) await replicas.RequireOwnerAsync(cache.StoreMark(), cancellation);
        while (true)
        {
            (NodeView view, TiledTree tree) = await NodeLog.OpenAsync(store, member, keys, cancellation);
            if (view.Size < highWater.Size) File.Delete(directory.IndexFile); // It is a copy of the store that was here before.
            try
            {
                return (view, tree, await NodeMatcher.LoadAsync(store, cache, view, seams.Random, seams.Time, directory.IndexFile, cancellation));
            }
            catch (StoreMovedException)
            {
                // Another process of this node wrote while what was missing here was being added: all of it is read anew.
                store.Replicas!.Take(await store.Replicas.ReadNewsAsync(cancellation));
            }
        }
    }
}
