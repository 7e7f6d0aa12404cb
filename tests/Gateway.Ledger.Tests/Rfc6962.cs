using System.Security.Cryptography;

namespace Gateway.Ledger.Tests;

/// <summary>The definitions of RFC 6962 §2.1 written down word for word: recursive, slow, and sharing no code with the product.</summary>
internal static class Rfc6962
{
    public static TreeHash LeafHash(params ReadOnlySpan<byte> data) => Sha256([0x00, .. data]);

    /// <summary>A leaf hash for each number below <paramref name="count"/>.</summary>
    public static TreeHash[] Leaves(int count, int seed = 0)
    {
        var leaves = new TreeHash[count];
        for (int i = 0; i < count; i++)
        {
            leaves[i] = LeafHash([.. BitConverter.GetBytes(seed), .. BitConverter.GetBytes(i)]);
        }

        return leaves;
    }

    public static TreeHash Mth(ReadOnlySpan<TreeHash> d)
    {
        if (d.Length == 0)
        {
            return Sha256([]);
        }

        if (d.Length == 1)
        {
            return d[0];
        }

        int k = LargestPowerOfTwoBelow(d.Length);
        return Sha256([0x01, .. Mth(d[..k]).ToArray(), .. Mth(d[k..]).ToArray()]);
    }

    public static TreeHash[] Path(int m, ReadOnlySpan<TreeHash> d)
    {
        if (d.Length == 1)
        {
            return [];
        }

        int k = LargestPowerOfTwoBelow(d.Length);
        return m < k ? [.. Path(m, d[..k]), Mth(d[k..])] : [.. Path(m - k, d[k..]), Mth(d[..k])];
    }

    public static TreeHash[] Proof(int m, ReadOnlySpan<TreeHash> d) => SubProof(m, d, true);

    private static TreeHash[] SubProof(int m, ReadOnlySpan<TreeHash> d, bool known)
    {
        if (m == d.Length)
        {
            return known ? [] : [Mth(d)];
        }

        int k = LargestPowerOfTwoBelow(d.Length);
        return m <= k ? [.. SubProof(m, d[..k], known), Mth(d[k..])] : [.. SubProof(m - k, d[k..], false), Mth(d[..k])];
    }

    private static int LargestPowerOfTwoBelow(int n) => 1 << int.Log2(n - 1);

    private static TreeHash Sha256(ReadOnlySpan<byte> input) => TreeHash.FromBytes(SHA256.HashData(input));
}
