using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;

namespace Gateway.Protocol.Tests;

/// <summary>
/// The derivations of docs/protocol.md written a second time, with .NET's own primitives. Shares nothing with Gateway.Protocol, so that what both agree on is what the page says.
/// Ed25519, X25519 and XChaCha20-Poly1305, which .NET lacks, come from Gateway.Cryptography; those stand against official vectors there.
/// </summary>
internal static class Plain
{
    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    public static byte[] Label(string label) => [.. Ascii(label), 0];

    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value) => [.. U32((uint)(value >> 32)), .. U32((uint)value)];

    public static byte[] Lp4(byte[] bytes) => [.. U32((uint)bytes.Length), .. bytes];

    public static byte[] Sha(params byte[][] parts) => SHA256.HashData(Join(parts));

    public static byte[] Hmac(byte[] key, params byte[][] parts) => HMACSHA256.HashData(key, Join(parts));

    public static byte[] Derive(byte[] secret, string info, int length = 32, byte[]? salt = null) => HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, length, salt, Ascii(info));

    public static byte[] Expand(byte[] key, string info, int length) => HKDF.Expand(HashAlgorithmName.SHA256, key, length, Ascii(info));

    public static byte[] Aead(byte[] key, byte[] nonce, byte[] plaintext, byte[] associated) => XChaCha20Poly1305.Encrypt(key, nonce, plaintext, associated);

    /// <summary>AEAD under key[32] ‖ nonce[24].</summary>
    public static byte[] Aead(byte[] keyAndNonce, byte[] plaintext, byte[] associated) => Aead(keyAndNonce[..32], keyAndNonce[32..], plaintext, associated);

    public static byte[] SigningPublic(byte[] seed)
    {
        using SigningKey key = SigningKey.FromSeed(seed);
        return key.PublicKey.ToArray();
    }

    public static byte[] Sign(byte[] seed, params byte[][] parts)
    {
        using SigningKey key = SigningKey.FromSeed(seed);
        return key.Sign(Join(parts));
    }

    public static byte[] BoxPublic(byte[] secret)
    {
        byte[] publicKey = new byte[32];
        X25519.GetPublicKey(secret, publicKey);
        return publicKey;
    }

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    // §4
    public static byte[] Pseudonym(byte[] circleKey, byte[] circle, uint epoch, byte[] y) => Hmac(circleKey, Label("gateway/v1/pseudonym"), circle, U32(epoch), y);

    public static byte[] Tag(byte[] pseudonym) => Expand(pseudonym, "gateway/v1/tag", 16);

    // §5
    public static byte[] Source(byte[] memberSeed, byte[] circle, byte[] y) => Hmac(Derive(memberSeed, "gateway/v1/source"), circle, y)[..8];

    public static byte[] RecordId(byte[] circle, uint epoch, byte[] item) => Sha(Label("gateway/v1/record"), circle, U32(epoch), Lp4(item));

    public static byte[] Issuance(byte[] salt, byte[] member, byte[] recordKey, byte[] memberSignature) => Sha(Label("gateway/v1/issuance"), salt, member, recordKey, memberSignature);

    public static byte[] PublishSignature(byte[] recordKeySeed, byte[] recordId, uint expiry, byte[] issuance) => Sign(recordKeySeed, Label("gateway/v1/publish"), recordId, U32(expiry), issuance);

    // §7
    public static byte[] Leaf(byte[] route, byte[] salt, byte[] entry) => [1, .. route, .. Sha(Label("gateway/v1/entry"), salt, Lp4(entry))];

    public static byte[] Route(byte[] circleKey, ulong index) => Hmac(Derive(circleKey, "gateway/v1/route"), U64(index))[..16];
}
