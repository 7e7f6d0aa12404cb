using System.Text;

namespace Gateway.Ledger.Tests;

public sealed class CosignatureTests
{
    private const string Text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    [Fact]
    public void The_message_is_header_time_and_checkpoint() =>
        Assert.Equal("cosignature/v1\ntime 1679315147\n" + Text, Encoding.UTF8.GetString(Cosignature.Message(1_679_315_147, Encoding.UTF8.GetBytes(Text))));

    [Fact]
    public void Time_and_signature_are_joined_and_split()
    {
        byte[] signature = [.. Enumerable.Range(1, 64).Select(i => (byte)i)];
        byte[] joined = Cosignature.Join(0x0102030405060708, signature);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, .. signature], joined);
        Assert.True(Cosignature.TrySplit(joined, out long time, out ReadOnlySpan<byte> split));
        Assert.Equal(0x0102030405060708, time);
        Assert.Equal(signature, split.ToArray());
    }

    [Fact]
    public void Other_sizes_and_times_beyond_the_limit_are_refused()
    {
        Assert.False(Cosignature.TrySplit(new byte[71], out _, out _));
        Assert.False(Cosignature.TrySplit(new byte[73], out _, out _));
        Assert.False(Cosignature.TrySplit([0x80, .. new byte[71]], out _, out _));
        Assert.Throws<ArgumentException>(() => Cosignature.Join(1, new byte[63]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cosignature.Join(-1, new byte[64]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cosignature.Message(-1, []));
    }

    [Fact]
    public void A_cosignature_with_another_time_or_text_fails()
    {
        using var key = new TestKey("member", NoteKey.CosignatureV1);
        byte[] text = Encoding.UTF8.GetBytes(Text);
        byte[] cosignature = key.Sign(text);
        Assert.True(key.Verify(text, cosignature));
        for (int bit = 0; bit < cosignature.Length * 8; bit++)
        {
            Assert.False(key.Verify(text, Flip.Bit(cosignature, bit)));
        }

        Assert.False(key.Verify([.. text, (byte)'x', (byte)'\n'], cosignature));
    }
}
