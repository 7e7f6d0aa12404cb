using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;

namespace Gateway.Node.Feed;

/// <summary>What the broker may leave out of a record that is this member's, and what not (protocol §8).</summary>
internal static class RecordArrivals
{
    /// <summary>Whether an entry names a record and a key at all.</summary>
    public static bool IsReadable(RecordPublished record) => RecordId.TryFromBytes(record.RecordId.Span, out _) && record.RecordPk.Length == VerifyingKey.Size;

    /// <summary>Takes a record under a key this member holds.</summary>
    /// <param name="index">Index of the leaf.</param>
    /// <param name="leaf">The leaf as it came.</param>
    /// <param name="record">Its entry.</param>
    /// <param name="key">The key of its circle and epoch.</param>
    /// <param name="mayRead">Whether the member's role reads the circle's items.</param>
    /// <param name="time">Clock.</param>
    /// <param name="isHidden">Whether the item is missing for no reason.</param>
    /// <returns>The record; null where there is nothing to keep.</returns>
    public static ArrivedRecord? Take(ulong index, FeedLeaf leaf, RecordPublished record, CircleKey key, bool mayRead, TimeProvider time, out bool isHidden)
    {
        isHidden = false;

        // A member whose role may publish but not read receives the entries, which prove that nothing is hidden, and only its own items.
        if (leaf.Item.IsEmpty && !mayRead) return null;

        // The broker's day may be one ahead of this node's clock, so that what expires today may be gone already. Who promises a withdrawal beyond any log promises none.
        bool isPromised = leaf.WithdrawnAt > index && leaf.WithdrawnAt <= long.MaxValue;
        isHidden = leaf.Item.IsEmpty && !isPromised && new UtcDay(record.ExpiryDay) > UtcDay.Of(time.GetUtcNow());
        return isHidden ? null : new ArrivedRecord(index, record, leaf.Item.Memory, key, leaf.Item.IsEmpty && isPromised ? leaf.WithdrawnAt : null);
    }
}
