namespace Gateway.Ledger;

/// <summary>
/// The right edge of an append-only Merkle tree (RFC 9162): enough to compute its root as leaves are added, in at most 64 hashes, and nothing else. For a reader who verifies a whole log and gives no
/// proofs. Not thread-safe.
/// </summary>
public sealed class LogFrontier
{
    // The roots of the full subtrees, largest first; the bits of the size say how large each is.
    private readonly List<TreeHash> _peaks = [];

    /// <summary>The number of leaves.</summary>
    public ulong Size { get; private set; }

    /// <summary>The root over all leaves; <see cref="MerkleHash.EmptyRoot"/> when there are none.</summary>
    public TreeHash Root
    {
        get
        {
            if (_peaks.Count == 0) return MerkleHash.EmptyRoot;
            TreeHash root = _peaks[^1];
            for (int i = _peaks.Count - 2; i >= 0; i--) root = MerkleHash.Node(_peaks[i], root);
            return root;
        }
    }

    /// <summary>Adds a leaf, given its hash (<see cref="MerkleHash.Leaf"/>).</summary>
    public void Append(TreeHash leafHash)
    {
        TreeHash hash = leafHash;
        for (ulong size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = MerkleHash.Node(_peaks[^1], hash);
            _peaks.RemoveAt(_peaks.Count - 1);
        }

        _peaks.Add(hash);
        Size++;
    }

    /// <summary>A copy to try leaves on.</summary>
    public LogFrontier Copy()
    {
        LogFrontier copy = new() { Size = Size };
        copy._peaks.AddRange(_peaks);
        return copy;
    }
}
