using System.Buffers;
using System.Security.Cryptography;

namespace Gateway.Ledger;

/// <summary>The hashes of a Merkle tree as RFC 9162 §2.1.1 (and RFC 6962 §2.1) define them. SHA-256; nothing is allocated per hash.</summary>
public static class MerkleHash
{
    private const byte LeafPrefix = 0x00;
    private const byte NodePrefix = 0x01;
    private const int StackLimit = 1024;

    /// <summary>The root of the tree without leaves: SHA-256 of nothing.</summary>
    public static TreeHash EmptyRoot { get; } = Sha256([]);

    /// <summary>SHA-256(00 ‖ leaf data); leaf data of any length.</summary>
    public static TreeHash Leaf(ReadOnlySpan<byte> leafData)
    {
        int length = 1 + leafData.Length;
        byte[]? rented = length > StackLimit ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> input = rented is null ? stackalloc byte[length] : rented.AsSpan(0, length);
        input[0] = LeafPrefix;
        leafData.CopyTo(input[1..]);
        TreeHash hash = Sha256(input);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return hash;
    }

    /// <summary>SHA-256(01 ‖ left ‖ right).</summary>
    public static TreeHash Node(in TreeHash left, in TreeHash right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * TreeHash.Size)];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + TreeHash.Size)..]);
        return Sha256(input);
    }

    /// <summary>The root over leaf hashes in order; <see cref="EmptyRoot"/> when there are none.</summary>
    public static TreeHash RootOf(ReadOnlySpan<TreeHash> leafHashes)
    {
        Span<TreeHash> peaks = stackalloc TreeHash[32];
        for (int i = 0; i < leafHashes.Length; i++)
        {
            Push(peaks, i, leafHashes[i]);
        }

        return Fold(peaks, leafHashes.Length);
    }

    /// <inheritdoc cref="RootOf(ReadOnlySpan{TreeHash})"/>
    public static TreeHash RootOf(IReadOnlyList<TreeHash> leafHashes)
    {
        ArgumentNullException.ThrowIfNull(leafHashes);
        Span<TreeHash> peaks = stackalloc TreeHash[32];
        for (int i = 0; i < leafHashes.Count; i++)
        {
            Push(peaks, i, leafHashes[i]);
        }

        return Fold(peaks, leafHashes.Count);
    }

    // peaks[k] is the root of the complete subtree of 2^k leaves that bit k of the leaf count stands for.
    private static void Push(Span<TreeHash> peaks, int count, TreeHash hash)
    {
        int level = 0;
        for (; ((count >> level) & 1) == 1; level++)
        {
            hash = Node(peaks[level], hash);
        }

        peaks[level] = hash;
    }

    private static TreeHash Fold(ReadOnlySpan<TreeHash> peaks, int count)
    {
        if (count == 0)
        {
            return EmptyRoot;
        }

        int level = int.TrailingZeroCount(count);
        TreeHash root = peaks[level];
        for (level++; count >> level != 0; level++)
        {
            if (((count >> level) & 1) == 1)
            {
                root = Node(peaks[level], root);
            }
        }

        return root;
    }

    private static TreeHash Sha256(ReadOnlySpan<byte> input)
    {
        TreeHash hash = default;
        SHA256.HashData(input, TreeHash.Writable(ref hash));
        return hash;
    }
}
