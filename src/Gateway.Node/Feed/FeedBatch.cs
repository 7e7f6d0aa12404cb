using Gateway.Node.Circles;
using Gateway.Protocol.V1;

namespace Gateway.Node.Feed;

/// <summary>The leaves of one batch as they came, with the checkpoint that ends it.</summary>
/// <param name="FirstIndex">Index of the first leaf.</param>
/// <param name="Leaves">The leaves. They do not change once they were checked.</param>
/// <param name="Checkpoint">The signed note.</param>
public sealed record FeedBatch(ulong FirstIndex, IReadOnlyList<FeedLeaf> Leaves, byte[] Checkpoint)
{
    private CheckedLeaf[]? _checked;

    // Of a batch with other leaves nothing is checked.
    private FeedBatch(FeedBatch other) => (FirstIndex, Leaves, Checkpoint) = (other.FirstIndex, other.Leaves, other.Checkpoint);

    /// <summary>Checks each leaf for itself, unless it was done. It needs nothing of the batches before this one, and may be done while they are applied.</summary>
    /// <param name="keyring">The keys known so far.</param>
    /// <param name="cancellation">Ends it; nothing is checked then.</param>
    public void Check(CircleKeyring keyring, CancellationToken cancellation) => _checked ??= CheckedLeaf.Of(Leaves, keyring, cancellation);

    /// <summary>The leaves, each checked for itself. They are given once: what was judged is not kept twice.</summary>
    internal CheckedLeaf[] TakeChecked(CircleKeyring keyring)
    {
        Check(keyring, CancellationToken.None);
        (CheckedLeaf[] taken, _checked) = (_checked!, null);
        return taken;
    }
}
