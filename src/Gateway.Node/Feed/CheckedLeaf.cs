using System.Diagnostics.CodeAnalysis;
using Gateway.Ledger;
using Gateway.Node.Circles;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Feed;

/// <summary>What can be said of a leaf whatever stands before it: most of the work of taking it in, and none of the judgement.</summary>
/// <param name="Hash">Its hash in the tree; of no meaning where the leaf's data is malformed.</param>
/// <param name="IsCommitted">Whether its entry is there, within its size, and the one the leaf commits to.</param>
/// <param name="Entry">The entry; null where there is none or it cannot be read.</param>
/// <param name="Route">The circle and epoch that the entry names.</param>
/// <param name="Item">Its item, opened; null where there is none, or no key was known for it.</param>
internal readonly record struct CheckedLeaf(TreeHash Hash, bool IsCommitted, Entry? Entry, (CircleId Circle, uint Epoch)? Route, OpenedItem? Item)
{
    // For fewer than these another core is not worth waking.
    private const int Few = 8;

    /// <summary>Checks leaves on all cores.</summary>
    /// <param name="leaves">The leaves.</param>
    /// <param name="keyring">The keys known so far. Under keys that the leaves themselves bring, items are opened when they are judged.</param>
    /// <param name="cancellation">Ends it.</param>
    public static CheckedLeaf[] Of(IReadOnlyList<FeedLeaf> leaves, CircleKeyring keyring, CancellationToken cancellation)
    {
        CheckedLeaf[] done = new CheckedLeaf[leaves.Count];
        if (done.Length >= Few) Parallel.For(0, done.Length, new ParallelOptions { CancellationToken = cancellation }, i => done[i] = Of(leaves[i], keyring));
        else for (int i = 0; i < done.Length; i++) done[i] = Of(leaves[i], keyring);
        return done;
    }

    private static CheckedLeaf Of(FeedLeaf leaf, CircleKeyring keyring)
    {
        ReadOnlySpan<byte> data = leaf.LeafData.Span;
        if (!LeafData.IsWellFormed(data)) return default;
        TreeHash hash = LeafData.HashOf(data);
        bool isCommitted = !leaf.Entry.IsEmpty && leaf.Entry.Length <= LeafData.MaximumEntry && LeafData.CommitsTo(data, leaf.Salt.Span, leaf.Entry.Span);
        if (!isCommitted) return new CheckedLeaf(hash, false, null, null, null);

        if (!TryParse(leaf.Entry, out Entry? entry, out (CircleId Circle, uint Epoch)? route)) return new CheckedLeaf(hash, true, null, null, null);
        OpenedItem? item = entry.RecordPublished is { } record && !leaf.Item.IsEmpty && keyring.Find(route!.Value.Circle, route.Value.Epoch) is { } key ? OpenedItem.Of(key, record, leaf.Item.Span) : null;
        return new CheckedLeaf(hash, true, entry, route, item);
    }

    // A route names a circle: an entry whose circle is not 16 bytes says as little as one that is no message.
    private static bool TryParse(ByteString bytes, [NotNullWhen(true)] out Entry? entry, out (CircleId Circle, uint Epoch)? route)
    {
        try
        {
            entry = Entry.Parser.ParseFrom(bytes);
            route = EntryRoute.Of(entry);
            return true;
        }
        catch (Exception unreadable) when (unreadable is InvalidProtocolBufferException or ArgumentException)
        {
            (entry, route) = (null, null);
            return false;
        }
    }
}

/// <summary>An item that was opened under a key: its tags, or why they cannot be had.</summary>
/// <param name="Key">The key of its circle and epoch.</param>
/// <param name="Tags">All tags one behind the other, 16 bytes each; null where a check failed.</param>
/// <param name="Fault">The check that failed.</param>
public sealed record OpenedItem(CircleKey Key, byte[]? Tags, RecordFault? Fault)
{
    /// <summary>Opens the item of an entry.</summary>
    public static OpenedItem Of(CircleKey key, RecordPublished entry, ReadOnlySpan<byte> item) =>
        RecordOpener.TryUnwrap(key, entry, item, out UnwrappedRecord? unwrapped, out RecordFault? fault) ? new OpenedItem(key, unwrapped.CopyTags(), null) : new OpenedItem(key, null, fault);
}
