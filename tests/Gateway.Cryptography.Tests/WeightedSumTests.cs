using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography.Tests;

/// <summary>The sums of batch proofs, computed here, against libsodium's multiplications and additions one by one.</summary>
public sealed class WeightedSumTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(40)]
    [InlineData(150)]
    [InlineData(512)]
    public void It_is_what_libsodium_gets_one_by_one(int count)
    {
        (RistrettoElement[] elements, byte[] weights) = Random(count);
        Assert.Equal(OneByOne(elements, weights), Sum(elements, weights));
    }

    [Fact]
    public void Weights_at_the_ends_of_the_range_and_with_digits_that_carry_count_right()
    {
        // 0, 1, 2, all ones below 2^252, and L − 1 = −1.
        string[] scalars =
        [
            new string('0', 64), "01" + new string('0', 62), "02" + new string('0', 62), new string('f', 62) + "0f", "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
            "4040404040404040404040404040404040404040404040404040404040404000", "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c000",
        ];
        byte[] weights = [.. scalars.SelectMany(Convert.FromHexString)];
        (RistrettoElement[] elements, _) = Random(scalars.Length);
        Assert.Equal(OneByOne(elements, weights), Sum(elements, weights));
        for (int i = 1; i < scalars.Length; i++)
        {
            Assert.Equal(OneByOne([elements[i]], Convert.FromHexString(scalars[i])), Sum([elements[i]], Convert.FromHexString(scalars[i])));
        }
    }

    [Fact]
    public void An_element_and_its_negative_cancel_to_the_identity()
    {
        (RistrettoElement[] elements, byte[] weights) = Random(1);
        byte[] negative = new byte[32];
        Libsodium.crypto_core_ristretto255_scalar_sub(negative, new byte[32], weights);
        Assert.Equal(new byte[32], Sum([elements[0], elements[0]], [.. weights, .. negative]));
    }

    [Fact]
    public void Many_equal_elements_meet_in_one_bucket()
    {
        (RistrettoElement[] one, byte[] weight) = Random(1);
        RistrettoElement[] elements = [.. Enumerable.Repeat(one[0], 300)];
        byte[] weights = [.. Enumerable.Repeat(weight, 300).SelectMany(bytes => bytes)];
        Assert.Equal(OneByOne(elements, weights), Sum(elements, weights));
    }

    private static (RistrettoElement[] Elements, byte[] Weights) Random(int count)
    {
        RistrettoElement[] elements = new RistrettoElement[count];
        byte[] weights = new byte[count * 32];
        byte[] encoding = new byte[32];
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(0, Libsodium.crypto_core_ristretto255_from_hash(encoding, RandomSource.System.GetBytes(64)));
            elements[i] = RistrettoElement.FromBytes(encoding);
            RistrettoScalar.FillRandom(RandomSource.System, weights.AsSpan(i * 32, 32));
        }

        return (elements, weights);
    }

    private static byte[] Sum(RistrettoElement[] elements, byte[] weights)
    {
        byte[] sum = new byte[32];
        WeightedSum.Write(elements, weights, sum);
        return sum;
    }

    private static byte[] OneByOne(RistrettoElement[] elements, byte[] weights)
    {
        byte[] sum = new byte[32], product = new byte[32];
        for (int i = 0; i < elements.Length; i++)
        {
            byte[] weight = weights[(i * 32)..((i + 1) * 32)];
            if (!weight.AsSpan().ContainsAnyExcept((byte)0)) continue; // libsodium answers −1 to a product that is the identity.
            Assert.Equal(0, Libsodium.crypto_scalarmult_ristretto255(product, weight, elements[i].Span));
            Assert.Equal(0, Libsodium.crypto_core_ristretto255_add(sum, sum, product));
        }

        return sum;
    }
}
