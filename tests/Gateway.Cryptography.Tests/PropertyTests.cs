using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Cryptography.Tests;

public sealed class PropertyTests
{
    [Fact]
    public void What_a_key_signs_verifies_and_with_any_byte_altered_does_not()
    {
        Prop.ForAll<byte[], int>((message, place) =>
        {
            using SigningKey key = SigningKey.FromSeed(SHA256.HashData(message));
            byte[] signature = key.Sign(message);
            return key.PublicKey.Verify(message, signature)
                && !key.PublicKey.Verify(message, Altered(signature, place))
                && !key.PublicKey.Verify(message, signature.AsSpan(1))
                && (message.Length == 0 || !key.PublicKey.Verify(Altered(message, place), signature));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_sealed_opens_for_its_key_only_and_with_any_byte_altered_for_nobody()
    {
        using BoxKey stranger = BoxKey.FromSeed(RandomSource.System.GetBytes(BoxKey.SeedSize));
        Prop.ForAll<byte[], int>((message, place) =>
        {
            using BoxKey key = BoxKey.FromSeed(RandomSource.System.GetBytes(BoxKey.SeedSize));
            byte[] box = BoxPublicKey.FromBytes(key.PublicKey.ToArray()).Seal(message);
            return box.Length == message.Length + BoxPublicKey.SealOverhead
                && key.TryOpen(box, out byte[] opened) && opened.AsSpan().SequenceEqual(message)
                && !stranger.TryOpen(box, out byte[] nothing) && nothing.Length == 0
                && !key.TryOpen(Altered(box, place), out _)
                && !key.TryOpen(box.AsSpan(0, (place & int.MaxValue) % box.Length), out _);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_encrypted_decrypts_and_with_any_byte_altered_leaves_zeros()
    {
        Prop.ForAll<byte[], byte[], int>((message, associated, place) =>
        {
            byte[] key = RandomSource.System.GetBytes(XChaCha20Poly1305.KeySize), nonce = RandomSource.System.GetBytes(XChaCha20Poly1305.NonceSize);
            byte[] ciphertext = XChaCha20Poly1305.Encrypt(key, nonce, message, associated);
            byte[] target = RandomSource.System.GetBytes(message.Length);
            return XChaCha20Poly1305.TryDecrypt(key, nonce, ciphertext, associated, out byte[] opened) && opened.AsSpan().SequenceEqual(message)
                && !XChaCha20Poly1305.TryDecrypt(key, nonce, Altered(ciphertext, place), associated, target.AsSpan())
                && !target.AsSpan().ContainsAnyExcept((byte)0)
                && !XChaCha20Poly1305.TryDecrypt(Altered(key, place), nonce, ciphertext, associated, out _)
                && !XChaCha20Poly1305.TryDecrypt(key, Altered(nonce, place), ciphertext, associated, out _)
                && !XChaCha20Poly1305.TryDecrypt(key, nonce, ciphertext, [.. associated, 0], out _)
                && !XChaCha20Poly1305.TryDecrypt(key, nonce, ciphertext.AsSpan(0, 15), associated, out _);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Both_sides_of_X25519_agree()
    {
        Prop.ForAll<byte[], byte[]>((left, right) =>
        {
            byte[] a = SHA256.HashData(left), b = SHA256.HashData([.. right, 1]);
            byte[] publicA = new byte[32], publicB = new byte[32], sharedA = new byte[32], sharedB = new byte[32];
            X25519.GetPublicKey(a, publicA);
            X25519.GetPublicKey(b, publicB);
            return X25519.TryAgree(a, publicB, sharedA) && X25519.TryAgree(b, publicA, sharedB) && sharedA.AsSpan().SequenceEqual(sharedB);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Deriving_is_extracting_then_expanding()
    {
        Prop.ForAll<byte[], byte[]>((secret, salt) =>
        {
            byte[] extracted = HMACSHA256.HashData(salt, secret); // RFC 5869 §2.2
            return Hkdf.DeriveKey(secret, "gateway/v1/tag", 56, salt).AsSpan().SequenceEqual(Hkdf.Expand(extracted, "gateway/v1/tag", 56));
        }).QuickCheckThrowOnFailure();
    }

    private static byte[] Altered(ReadOnlySpan<byte> bytes, int place)
    {
        byte[] altered = bytes.ToArray();
        altered[(place & int.MaxValue) % altered.Length] ^= (byte)(1 << (place & 7));
        return altered;
    }
}
