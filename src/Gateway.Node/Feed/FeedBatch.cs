using Gateway.Node.Circles;
using Gateway.Protocol.V1;

namespace Gateway.Node.Feed;

/// <summary>The leaves of one batch as they came, with the checkpoint that ends it.</summary>
/// <param name="FirstIndex">Index of the first leaf.</param>
/// <param name="Leaves">The leaves.</param>
/// <param name="Checkpoint">The signed note.</param>
public sealed record FeedBatch(ulong FirstIndex, IReadOnlyList<FeedLeaf> Leaves, byte[] Checkpoint)
{
    private CheckedLeaf[]? _checked;

    /// <summary>Does what needs nothing of the batches before this one, while they are applied. What was not done ahead is done with the batch.</summary>
    public void CheckAhead(CircleKeyring keyring) => _checked = CheckedLeaf.Of(Leaves, keyring);

    /// <summary>The leaves, each checked for itself.</summary>
    internal CheckedLeaf[] Check(CircleKeyring keyring) => _checked ?? CheckedLeaf.Of(Leaves, keyring);
}
