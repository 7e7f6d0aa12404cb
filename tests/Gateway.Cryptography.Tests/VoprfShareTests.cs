namespace Gateway.Cryptography.Tests;

public sealed class VoprfShareTests
{
    [Fact]
    public void A_key_split_in_two_evaluates_as_the_whole_one()
    {
        using VoprfKey whole = VoprfKey.Derive(new byte[32], "whole"u8), share = VoprfKey.Create(RandomSource.System);
        using VoprfKey rest = whole.Subtract(share)!;
        using VoprfKey sum = rest.Add(share)!;
        Assert.Equal(whole.PublicKey, sum.PublicKey);
        Assert.True(RistrettoElement.TryAdd(rest.PublicKey, share.PublicKey, out RistrettoElement publicSum));
        Assert.Equal(whole.PublicKey, publicSum);

        VoprfClient client = new(RandomSource.System);
        using BlindedInput one = client.Blind("alpha"u8), two = client.Blind("alpha"u8);
        byte[] alone = VoprfClient.FinaliseBatch([one], [new VoprfServer(whole, RandomSource.System).Evaluate([one.Element]).Elements[0]])[0];
        RistrettoElement[] parts = [new VoprfServer(rest, RandomSource.System).Evaluate([two.Element]).Elements[0], new VoprfServer(share, RandomSource.System).Evaluate([two.Element]).Elements[0]];
        Assert.True(RistrettoElement.TryAdd(parts[0], parts[1], out RistrettoElement added));
        Assert.Equal(alone, VoprfClient.FinaliseBatch([two], [added])[0]);
    }

    [Fact]
    public void Keys_that_cancel_out_are_none()
    {
        using VoprfKey key = VoprfKey.Create(RandomSource.System);
        Assert.Null(key.Subtract(key));
    }

    [Fact]
    public void A_scalar_is_read_back_as_it_was_written_and_nothing_else_is()
    {
        using VoprfKey key = VoprfKey.Create(RandomSource.System);
        byte[] scalar = new byte[32];
        key.CopyScalar(scalar);
        using VoprfKey read = VoprfKey.TryFromScalar(scalar)!;
        Assert.Equal(key.PublicKey, read.PublicKey);
        Assert.Null(VoprfKey.TryFromScalar(new byte[32]));
        Assert.Null(VoprfKey.TryFromScalar([.. Enumerable.Repeat((byte)0xff, 32)]));
        Assert.Null(VoprfKey.TryFromScalar(scalar.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => key.CopyScalar(new byte[31]));
    }
}
