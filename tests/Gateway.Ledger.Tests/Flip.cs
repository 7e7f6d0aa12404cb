namespace Gateway.Ledger.Tests;

internal static class Flip
{
    public static TreeHash Bit(TreeHash hash, int bit) => TreeHash.FromBytes(Bit(hash.ToArray(), bit));

    public static byte[] Bit(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
