namespace Gateway.Ledger.Tests;

public sealed class TreeHashTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0xE0, 32).Select(i => (byte)i)];

    [Fact]
    public void Its_bytes_come_back_in_their_order()
    {
        TreeHash hash = TreeHash.FromBytes(Bytes);

        Assert.Equal(Bytes, hash.ToArray());
        byte[] copy = new byte[40];
        hash.CopyTo(copy);
        Assert.Equal([.. Bytes, .. new byte[8]], copy);
        Assert.Equal("e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", hash.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Other_lengths_than_32_are_refused(int length)
    {
        Assert.False(TreeHash.TryFromBytes(new byte[length], out _));
        Assert.Throws<ArgumentException>(() => TreeHash.FromBytes(new byte[length]));
        Assert.Throws<ArgumentException>(() => TreeHash.FromBytes(Bytes).CopyTo(new byte[31]));
    }

    [Fact]
    public void It_is_equal_only_when_every_bit_is()
    {
        TreeHash hash = TreeHash.FromBytes(Bytes);
        Assert.True(hash == TreeHash.FromBytes(Bytes));
        Assert.Equal(hash.GetHashCode(), TreeHash.FromBytes(Bytes).GetHashCode());
        for (int bit = 0; bit < 256; bit++)
        {
            TreeHash other = Flip.Bit(hash, bit);
            Assert.True(hash != other);
            Assert.False(hash.Equals((object)other));
        }
    }
}
