namespace Gateway.Cryptography.Internal;

/// <summary>What libsodium checks of an Ed25519 public key at each verification, without a signature at hand.</summary>
internal static class Ed25519Encoding
{
    /// <summary>
    /// The y coordinates of the eight points of small order (five values, the sign bit apart), little-endian:
    /// 0 (order 4), 1 (order 1), −1 (order 2) and the two of order 8.
    /// </summary>
    internal static readonly byte[][] SmallOrder =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];

    /// <summary>Whether y, the sign bit apart, is below 2^255 − 19.</summary>
    internal static bool IsCanonical(ReadOnlySpan<byte> point)
    {
        if ((point[31] & 0x7f) != 0x7f || point[0] < 0xed)
        {
            return true;
        }

        return point[1..31].ContainsAnyExcept((byte)0xff);
    }

    internal static bool HasSmallOrder(ReadOnlySpan<byte> point)
    {
        foreach (byte[] y in SmallOrder)
        {
            if (point[..31].SequenceEqual(y.AsSpan(0, 31)) && (point[31] & 0x7f) == y[31])
            {
                return true;
            }
        }

        return false;
    }
}
