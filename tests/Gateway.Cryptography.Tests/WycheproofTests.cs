using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Cryptography.Tests;

public sealed class WycheproofTests
{
    [Fact]
    public void Ed25519_agrees_with_every_case()
    {
        int accepted = 0, refused = 0;
        foreach (var (group, @case) in Vectors.Wycheproof("ed25519.json"))
        {
            byte[] publicKey = group.GetProperty("publicKey").Bytes("pk");
            bool holds = VerifyingKey.FromBytes(publicKey).Verify(@case.Bytes("msg"), @case.Bytes("sig"));
            Assert.True(holds == @case.IsValid(), @case.Label());
            Assert.Equal(holds, VerifyingKey.Verify(publicKey, @case.Bytes("msg"), @case.Bytes("sig")));
            _ = holds ? accepted++ : refused++;
        }

        Assert.Equal((88, 63), (accepted, refused));
    }

    [Fact]
    public void X25519_agrees_with_every_case_and_refuses_zero_shares()
    {
        int agreed = 0, refused = 0;
        byte[] shared = new byte[X25519.Size];
        foreach (var (_, @case) in Vectors.Wycheproof("x25519.json"))
        {
            byte[] expected = @case.Bytes("shared");
            bool zero = !expected.AsSpan().ContainsAnyExcept((byte)0);
            bool done = X25519.TryAgree(@case.Bytes("private"), @case.Bytes("public"), shared);
            Assert.True(done == !zero, @case.Label());
            Assert.True(expected.AsSpan().SequenceEqual(shared), @case.Label());
            Assert.True(BoxPublicKey.TryFromBytes(@case.Bytes("public"), out BoxPublicKey key) == !zero, @case.Label());
            Assert.Equal(zero, key.IsDefault);
            _ = done ? agreed++ : refused++;
        }

        Assert.Equal((487, 31), (agreed, refused));
    }

    [Fact]
    public void XChaCha20_Poly1305_agrees_with_every_case()
    {
        int opened = 0, refused = 0, wrongNonce = 0;
        foreach (var (group, @case) in Vectors.Wycheproof("xchacha20_poly1305.json"))
        {
            byte[] key = @case.Bytes("key"), nonce = @case.Bytes("iv"), aad = @case.Bytes("aad"), message = @case.Bytes("msg");
            byte[] sealedText = [.. @case.Bytes("ct"), .. @case.Bytes("tag")];
            if (group.GetProperty("ivSize").GetInt32() != 8 * XChaCha20Poly1305.NonceSize)
            {
                Assert.Equal("nonce", Assert.Throws<ArgumentException>(() => XChaCha20Poly1305.Encrypt(key, nonce, message, aad)).ParamName);
                Assert.Throws<ArgumentException>(() => XChaCha20Poly1305.TryDecrypt(key, nonce, sealedText, aad, out _));
                wrongNonce++;
                continue;
            }

            bool authentic = XChaCha20Poly1305.TryDecrypt(key, nonce, sealedText, aad, out byte[] plaintext);
            Assert.True(authentic == @case.IsValid(), @case.Label());
            if (authentic)
            {
                Assert.Equal(message, plaintext);
                Assert.Equal(sealedText, XChaCha20Poly1305.Encrypt(key, nonce, message, aad));
            }

            _ = authentic ? opened++ : refused++;
        }

        Assert.Equal((246, 60, 9), (opened, refused, wrongNonce));
    }

    [Fact]
    public void SipHash_agrees_with_every_case_in_64_and_128_bits()
    {
        int short64 = 0, long128 = 0;
        foreach (var (_, @case) in Vectors.Wycheproof("siphash_2_4.json"))
        {
            Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(@case.Bytes("tag")), SipHash.Hash64(@case.Bytes("key"), @case.Bytes("msg")));
            short64++;
        }

        foreach (var (_, @case) in Vectors.Wycheproof("siphashx_2_4.json"))
        {
            Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(@case.Bytes("tag")), SipHash.Hash128(@case.Bytes("key"), @case.Bytes("msg")));
            long128++;
        }

        Assert.Equal((40, 40), (short64, long128));
    }

    [Fact]
    public void Hkdf_agrees_with_every_case()
    {
        int derived = 0, refused = 0;
        foreach (var (_, @case) in Vectors.Wycheproof("hkdf_sha256.json"))
        {
            byte[] secret = @case.Bytes("ikm"), salt = @case.Bytes("salt"), info = @case.Bytes("info");
            int size = @case.GetProperty("size").GetInt32();
            if (!@case.IsValid())
            {
                Assert.ThrowsAny<ArgumentException>(() => Hkdf.DeriveKey(secret, "", size, salt));
                Assert.ThrowsAny<ArgumentException>(() => Hkdf.DeriveKey(secret, info.AsSpan(), new byte[size], salt));
                refused++;
                continue;
            }

            byte[] output = new byte[size];
            Hkdf.DeriveKey(secret, info.AsSpan(), output, salt);
            Assert.Equal(@case.Bytes("okm"), output);
            derived++;
        }

        Assert.Equal((83, 3), (derived, refused));
    }

    [Fact]
    public void The_frameworks_HMAC_agrees_with_every_case()
    {
        int equal = 0, different = 0;
        foreach (var (_, @case) in Vectors.Wycheproof("hmac_sha256.json"))
        {
            byte[] tag = @case.Bytes("tag");
            bool same = CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(@case.Bytes("key"), @case.Bytes("msg")).AsSpan(0, tag.Length), tag);
            Assert.True(same == @case.IsValid(), @case.Label());
            _ = same ? equal++ : different++;
        }

        Assert.Equal((66, 108), (equal, different));
    }
}
