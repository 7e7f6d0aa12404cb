using System.Numerics;
using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography.Tests;

public sealed class EncodingTests
{
    private static readonly BigInteger _p = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger _order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);

    [Fact]
    public void The_identity_is_no_element()
    {
        Assert.Equal(1, Libsodium.crypto_core_ristretto255_is_valid_point(new byte[32])); // why our own check is needed
        Assert.False(RistrettoElement.TryFromBytes(new byte[32], out RistrettoElement element));
        Assert.True(element.IsDefault);
        Assert.Throws<FormatException>(() => RistrettoElement.FromBytes(new byte[32]));
    }

    [Fact]
    public void Elements_in_non_canonical_or_invalid_encodings_are_refused()
    {
        RistrettoElement valid = AnElement();
        byte[] highBit = valid.ToArray();
        highBit[31] |= 0x80; // libsodium 1.0.18 takes it for the same element
        byte[] negative = LittleEndian(_p - new BigInteger(valid.ToArray(), isUnsigned: true)); // the odd square root
        Assert.True(RistrettoElement.TryFromBytes(valid.ToArray(), out RistrettoElement parsed));
        Assert.Equal(valid, parsed);
        foreach (byte[] refused in new[] { highBit, negative, LittleEndian(_p), LittleEndian(_p + 2), valid.ToArray()[..31], [.. valid.ToArray(), 0] })
        {
            Assert.False(RistrettoElement.TryFromBytes(refused, out _), Convert.ToHexString(refused));
        }
    }

    [Fact]
    public void An_element_and_its_negative_have_no_sum()
    {
        RistrettoElement element = AnElement();
        byte[] negated = new byte[32];
        Libsodium.crypto_scalarmult_ristretto255(negated, LittleEndian(_order - 1), element.ToArray());
        Assert.False(RistrettoElement.TryAdd(element, RistrettoElement.FromBytes(negated), out RistrettoElement sum));
        Assert.True(sum.IsDefault);
        Assert.False(RistrettoElement.TryAdd(element, default, out _));
        Assert.False(RistrettoElement.TryAdd(default, element, out _));
        Assert.True(RistrettoElement.TryAdd(element, element, out RistrettoElement doubled));
        Assert.NotEqual(element, doubled);
    }

    [Fact]
    public void Scalars_of_the_order_and_above_are_refused()
    {
        foreach (BigInteger canonical in new[] { 0, 1, _order - 1 })
        {
            Assert.True(RistrettoScalar.TryFromBytes(LittleEndian(canonical), out RistrettoScalar scalar));
            Assert.Equal(LittleEndian(canonical), scalar.ToArray());
        }

        foreach (BigInteger refused in new[] { _order, _order + 1, BigInteger.Pow(2, 253), BigInteger.Pow(2, 255), BigInteger.Pow(2, 256) - 1 })
        {
            Assert.False(RistrettoScalar.TryFromBytes(LittleEndian(refused), out _), refused.ToString(null, null));
        }

        Assert.False(RistrettoScalar.TryFromBytes(new byte[31], out _));
    }

    [Fact]
    public void Proofs_with_a_scalar_that_is_not_canonical_or_of_another_size_are_refused()
    {
        byte[] one = LittleEndian(1), order = LittleEndian(_order);
        Assert.True(DleqProof.TryFromBytes([.. one, .. one], out DleqProof proof));
        Assert.Equal([.. one, .. one], proof.ToArray());
        Assert.False(DleqProof.TryFromBytes([.. order, .. one], out _));
        Assert.False(DleqProof.TryFromBytes([.. one, .. order], out _));
        Assert.False(DleqProof.TryFromBytes(one, out _));
        Assert.False(DleqProof.TryFromBytes([.. one, .. one, 0], out _));
        Assert.Throws<FormatException>(() => DleqProof.FromBytes([.. order, .. one]));
    }

    [Fact]
    public void A_key_is_never_made_of_zero_or_of_an_unreduced_scalar()
    {
        Assert.Throws<ArgumentException>(() => VoprfKey.FromScalar(new byte[32], VoprfMode.Voprf));
        Assert.Throws<ArgumentException>(() => VoprfKey.FromScalar(LittleEndian(_order + 1), VoprfMode.Voprf));
    }

    [Fact]
    public void A_blind_of_zero_is_drawn_again()
    {
        var random = new ScriptedRandomSource(new byte[32], LittleEndian(_order), LittleEndian(5));
        using BlindedInput blinded = new VoprfClient(random).Blind("input"u8);
        Assert.Equal(LittleEndian(5), blinded.Blind.ToArray());
        Assert.Equal(0, random.Remaining);
    }

    [Fact]
    public void A_key_of_small_order_verifies_nothing_though_it_was_not_parsed_before()
    {
        // R = B, S = 1: under a key A with h·A = 0 the equation S·B = R + h·A holds, so only the check of the key stands in the way.
        byte[] forged = [.. Convert.FromHexString("5866666666666666666666666666666666666666666666666666666666666666"), .. LittleEndian(1)];
        foreach (byte[] y in Ed25519Encoding.SmallOrder)
        {
            foreach (byte sign in new byte[] { 0, 0x80 })
            {
                byte[] key = [.. y];
                key[31] |= sign;
                for (byte message = 0; message < 32; message++) Assert.False(VerifyingKey.Verify(key, [message], forged), Convert.ToHexString(key));
            }
        }
    }

    [Fact]
    public void A_key_that_verifies_once_gives_the_answer_of_a_parsed_one()
    {
        using SigningKey key = SigningKey.FromSeed(new byte[32]);
        byte[] publicKey = key.PublicKey.ToArray();
        byte[] signature = key.Sign("message"u8);
        Assert.True(VerifyingKey.Verify(publicKey, "message"u8, signature));
        Assert.False(VerifyingKey.Verify(publicKey, "other"u8, signature));
        Assert.False(VerifyingKey.Verify(publicKey, "message"u8, signature.AsSpan(0, 63)));
        Assert.False(VerifyingKey.Verify(publicKey.AsSpan(0, 31), "message"u8, signature));
        for (int bit = 0; bit < 256; bit++)
        {
            byte[] changed = [.. publicKey];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(VerifyingKey.Verify(changed, "message"u8, signature), bit.ToString(null, null)); // half of these are off the curve
        }
    }

    [Fact]
    public void Signature_keys_of_small_order_or_not_canonical_are_refused()
    {
        foreach (byte[] y in Ed25519Encoding.SmallOrder)
        {
            byte[] signed = [.. y.AsSpan(0, 31), (byte)(y[31] | 0x80)];
            Assert.False(VerifyingKey.TryFromBytes(y, out _), Convert.ToHexString(y));
            Assert.False(VerifyingKey.TryFromBytes(signed, out _), Convert.ToHexString(signed));
        }

        for (int above = 0; above < 19; above++)
        {
            byte[] y = LittleEndian(_p + above);
            Assert.False(VerifyingKey.TryFromBytes(y, out _), Convert.ToHexString(y));
        }

        using var key = SigningKey.FromSeed(new byte[32]);
        Assert.True(VerifyingKey.TryFromBytes(key.PublicKey.ToArray(), out VerifyingKey parsed));
        Assert.Equal(key.PublicKey, parsed);
        Assert.False(VerifyingKey.TryFromBytes(key.PublicKey.ToArray().AsSpan(0, 31), out _));
        Assert.Throws<FormatException>(() => VerifyingKey.FromBytes(new byte[32]));
    }

    [Fact]
    public void The_listed_points_of_small_order_are_those_whose_eightfold_is_the_identity()
    {
        // y = 1, the identity, and the other four found by adding: each must come to y = 1 after three doublings.
        byte[] identity = LittleEndian(1);
        foreach (byte[] y in Ed25519Encoding.SmallOrder)
        {
            byte[] point = [.. y];
            for (int doubling = 0; doubling < 3; doubling++)
            {
                Assert.Equal(0, Libsodium.crypto_core_ed25519_add(point, point, point));
            }

            Assert.Equal(identity, point);
        }

        Assert.Equal(5, Ed25519Encoding.SmallOrder.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void Default_keys_verify_and_seal_nothing()
    {
        Assert.True(default(VerifyingKey).IsDefault);
        Assert.False(default(VerifyingKey).Verify("message"u8, new byte[64]));
        Assert.True(default(BoxPublicKey).IsDefault);
        Assert.Throws<CryptographicException>(() => default(BoxPublicKey).Seal("message"u8));
        Assert.Throws<FormatException>(() => BoxPublicKey.FromBytes(new byte[32]));
        Assert.False(BoxPublicKey.TryFromBytes(new byte[33], out _));
    }

    private static RistrettoElement AnElement()
    {
        using var key = VoprfKey.Derive(new byte[32], "element"u8);
        return key.PublicKey;
    }

    private static byte[] LittleEndian(BigInteger value)
    {
        byte[] bytes = new byte[32];
        Assert.True(value.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }
}
