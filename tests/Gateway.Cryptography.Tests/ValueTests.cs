namespace Gateway.Cryptography.Tests;

public sealed class ValueTests
{
    [Fact]
    public void Keys_elements_and_scalars_are_equal_by_their_bytes()
    {
        using var signing = SigningKey.FromSeed(new byte[32]);
        using var box = BoxKey.FromSeed(new byte[32]);
        using var voprf = VoprfKey.Derive(new byte[32], "value"u8);
        byte[] scalar = [7, .. new byte[31]];
        Assert.True(RistrettoScalar.TryFromBytes(scalar, out RistrettoScalar first));
        Assert.True(RistrettoScalar.TryFromBytes(scalar, out RistrettoScalar second));
        Assert.True(first == second && first != default && !first.IsZero);

        AssertValue(signing.PublicKey, VerifyingKey.FromBytes(signing.PublicKey.ToArray()));
        AssertValue(box.PublicKey, BoxPublicKey.FromBytes(box.PublicKey.ToArray()));
        AssertValue(voprf.PublicKey, RistrettoElement.FromBytes(voprf.PublicKey.ToArray()));
        AssertValue(first, second);
        Assert.True(signing.PublicKey == VerifyingKey.FromBytes(signing.PublicKey.ToArray()) && signing.PublicKey != default);
        Assert.True(box.PublicKey == BoxPublicKey.FromBytes(box.PublicKey.ToArray()) && box.PublicKey != default);
        Assert.Equal(Convert.ToHexStringLower(voprf.PublicKey.ToArray()), voprf.PublicKey.ToString());
    }

    [Fact]
    public void Copying_to_a_span_gives_the_same_bytes_as_the_array()
    {
        using var signing = SigningKey.FromSeed(new byte[32]);
        using var box = BoxKey.FromSeed(new byte[32]);
        byte[] copy = new byte[32];
        signing.PublicKey.CopyTo(copy);
        Assert.Equal(signing.PublicKey.ToArray(), copy);
        box.PublicKey.CopyTo(copy);
        Assert.Equal(box.PublicKey.ToArray(), copy);
        Assert.Throws<ArgumentException>(() => box.PublicKey.CopyTo(copy.AsSpan(1)));
    }

    private static void AssertValue<T>(T left, T right)
        where T : struct, IEquatable<T>
    {
        Assert.True(left.Equals(right));
        Assert.True(left.Equals((object)right));
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.False(left.Equals(default));
        Assert.False(left.Equals("something else"));
    }
}
