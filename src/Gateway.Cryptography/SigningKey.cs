using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>An Ed25519 private key (RFC 8032). Its memory is pinned, and zeroed on Dispose.</summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>Bytes of the seed a key is made from.</summary>
    public const int SeedSize = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    private readonly SecretBuffer _secret = new(64); // libsodium's form: seed ‖ public key

    private SigningKey(ReadOnlySpan<byte> seed)
    {
        Span<byte> publicKey = stackalloc byte[VerifyingKey.Size];
        Require.Success(Libsodium.crypto_sign_ed25519_seed_keypair(publicKey, _secret.Span, seed));
        PublicKey = VerifyingKey.FromTrusted(publicKey);
    }

    /// <summary>The public half.</summary>
    public VerifyingKey PublicKey { get; }

    internal ReadOnlySpan<byte> Memory => _secret.Memory;

    /// <summary>The key of a 32-byte secret seed (RFC 8032 §5.1.5). The seed is copied; zeroing the original is the caller's.</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes.</exception>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        Require.Size(seed32.Length, SeedSize, nameof(seed32));
        return new SigningKey(seed32);
    }

    /// <summary>Writes the 64-byte signature of a message; deterministic.</summary>
    /// <exception cref="ArgumentException"><paramref name="signature64"/> is not 64 bytes.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature64)
    {
        Require.Size(signature64.Length, SignatureSize, nameof(signature64));
        Require.Success(Libsodium.crypto_sign_ed25519_detached(signature64, 0, message, (ulong)message.Length, _secret.Span));
    }

    /// <summary>The 64-byte signature of a message; deterministic.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[SignatureSize];
        Sign(message, signature);
        return signature;
    }

    /// <summary>Zeroes the private key.</summary>
    public void Dispose() => _secret.Dispose();
}
