using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>An X25519 private key that opens sealed boxes (libsodium's crypto_box_seal). Its memory is pinned, and zeroed on Dispose.</summary>
public sealed class BoxKey : IDisposable
{
    /// <summary>Bytes of the seed, which is the secret scalar as libsodium takes it.</summary>
    public const int SeedSize = 32;

    private readonly SecretBuffer _secret;

    private BoxKey(ReadOnlySpan<byte> seed)
    {
        _secret = SecretBuffer.CopyOf(seed);
        Span<byte> publicKey = stackalloc byte[BoxPublicKey.Size];
        X25519.GetPublicKey(seed, publicKey);
        PublicKey = BoxPublicKey.FromTrusted(publicKey);
    }

    /// <summary>The public half, to which others seal.</summary>
    public BoxPublicKey PublicKey { get; }

    internal ReadOnlySpan<byte> Memory => _secret.Memory;

    /// <summary>The key whose secret scalar is these 32 bytes. They are copied; zeroing the original is the caller's.</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes.</exception>
    public static BoxKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        Require.Size(seed32.Length, SeedSize, nameof(seed32));
        return new BoxKey(seed32);
    }

    /// <summary>Opens what was sealed to this key. False, with an empty message, where it was not, or was altered.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public bool TryOpen(ReadOnlySpan<byte> sealedBox, out byte[] message)
    {
        ReadOnlySpan<byte> secret = _secret.Span;
        message = [];
        if (sealedBox.Length < BoxPublicKey.SealOverhead)
        {
            return false;
        }

        byte[] opened = new byte[sealedBox.Length - BoxPublicKey.SealOverhead];
        BoxPublicKey publicKey = PublicKey;
        if (Libsodium.crypto_box_seal_open(opened, sealedBox, (ulong)sealedBox.Length, publicKey.Span, secret) != 0)
        {
            CryptographicOperations.ZeroMemory(opened);
            return false;
        }

        message = opened;
        return true;
    }

    /// <summary>Zeroes the private key.</summary>
    public void Dispose() => _secret.Dispose();
}
