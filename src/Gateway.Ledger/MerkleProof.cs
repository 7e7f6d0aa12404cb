namespace Gateway.Ledger;

/// <summary>Checks inclusion and consistency proofs. Every malformed input is a plain false: proofs come from strangers.</summary>
public static class MerkleProof
{
    /// <summary>
    /// Whether the leaf hash stands at <paramref name="index"/> in the tree of <paramref name="size"/> leaves with this root (RFC 9162 §2.1.3.2).
    /// False for an index outside the tree and for a proof that is too short or too long.
    /// </summary>
    public static bool VerifyInclusion(ulong index, ulong size, TreeHash leafHash, IReadOnlyList<TreeHash> proof, TreeHash root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index >= size)
        {
            return false;
        }

        ulong node = index;
        ulong last = size - 1;
        TreeHash hash = leafHash;
        for (int i = 0; i < proof.Count; i++)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleHash.Node(proof[i], hash);
                SkipLevelsWithoutSibling(ref node, ref last);
            }
            else
            {
                hash = MerkleHash.Node(hash, proof[i]);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && hash == root;
    }

    /// <summary>
    /// Whether the tree of <paramref name="size2"/> leaves with <paramref name="root2"/> extends the one of <paramref name="size1"/> leaves
    /// with <paramref name="root1"/> (RFC 9162 §2.1.4.2). <paramref name="size1"/> = 0 is refused: it would prove nothing. Equal sizes take
    /// equal roots and an empty proof.
    /// </summary>
    public static bool VerifyConsistency(ulong size1, ulong size2, TreeHash root1, TreeHash root2, IReadOnlyList<TreeHash> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (size1 == 0 || size1 > size2)
        {
            return false;
        }

        if (size1 == size2)
        {
            return proof.Count == 0 && root1 == root2;
        }

        // A complete first tree is itself the first node, so the proof leaves it out.
        int next = ulong.IsPow2(size1) ? 0 : 1;
        if (proof.Count < next)
        {
            return false;
        }

        TreeHash hash1 = next == 0 ? root1 : proof[0];
        TreeHash hash2 = hash1;
        int level = (int)ulong.TrailingZeroCount(size1);
        ulong node = (size1 - 1) >> level;
        ulong last = (size2 - 1) >> level;
        for (; next < proof.Count; next++)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash1 = MerkleHash.Node(proof[next], hash1);
                hash2 = MerkleHash.Node(proof[next], hash2);
                SkipLevelsWithoutSibling(ref node, ref last);
            }
            else
            {
                hash2 = MerkleHash.Node(hash2, proof[next]);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && hash1 == root1 && hash2 == root2;
    }

    /// <summary>
    /// The root of the smaller tree that a consistency proof speaks of, so that what somebody shows can be held against them; it proves nothing before <see cref="VerifyConsistency"/> holds with
    /// it. Null where the proof does not tell: the smaller size is 0, a power of two or not the smaller one, or the proof has a wrong length.
    /// </summary>
    public static TreeHash? SmallerRootOf(ulong size1, ulong size2, IReadOnlyList<TreeHash> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (size1 == 0 || size1 >= size2 || ulong.IsPow2(size1) || proof.Count == 0) return null;
        int level = (int)ulong.TrailingZeroCount(size1);
        ulong node = (size1 - 1) >> level;
        ulong last = (size2 - 1) >> level;
        TreeHash hash = proof[0];
        foreach (TreeHash next in proof.Skip(1))
        {
            if (last == 0) return null;
            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleHash.Node(next, hash);
                SkipLevelsWithoutSibling(ref node, ref last);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 ? hash : null;
    }

    // On the right edge of an incomplete tree a node without a right sibling rises unhashed.
    private static void SkipLevelsWithoutSibling(ref ulong node, ref ulong last)
    {
        while ((node & 1) == 0 && node != 0)
        {
            node >>= 1;
            last >>= 1;
        }
    }
}
