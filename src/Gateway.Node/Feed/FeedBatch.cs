using Gateway.Protocol.V1;

namespace Gateway.Node.Feed;

/// <summary>The leaves of one batch as they came, with the checkpoint that ends it.</summary>
/// <param name="FirstIndex">Index of the first leaf.</param>
/// <param name="Leaves">The leaves.</param>
/// <param name="Checkpoint">The signed note.</param>
public sealed record FeedBatch(ulong FirstIndex, IReadOnlyList<FeedLeaf> Leaves, byte[] Checkpoint);
