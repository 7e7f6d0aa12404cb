using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>Diffie-Hellman on Curve25519 (RFC 7748). The shared secret is not uniform: pass it through <see cref="Hkdf"/>.</summary>
public static class X25519
{
    /// <summary>Bytes of a secret, of a public key and of a shared secret.</summary>
    public const int Size = 32;

    /// <summary>Writes the 32-byte shared secret. False, with zeros written, where it would be all zero: the public key is of small order (RFC 7748 §6.1).</summary>
    /// <exception cref="ArgumentException">An argument is not 32 bytes.</exception>
    public static bool TryAgree(ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> public32, Span<byte> shared32)
    {
        Require.Size(secret32.Length, Size, nameof(secret32));
        Require.Size(public32.Length, Size, nameof(public32));
        Require.Size(shared32.Length, Size, nameof(shared32));
        if (Libsodium.crypto_scalarmult_curve25519(shared32, secret32, public32) == 0)
        {
            return true;
        }

        CryptographicOperations.ZeroMemory(shared32);
        return false;
    }

    /// <summary>Writes the 32-byte public key of a secret (which is clamped as RFC 7748 §5 has it).</summary>
    /// <exception cref="ArgumentException">An argument is not 32 bytes.</exception>
    public static void GetPublicKey(ReadOnlySpan<byte> secret32, Span<byte> public32)
    {
        Require.Size(secret32.Length, Size, nameof(secret32));
        Require.Size(public32.Length, Size, nameof(public32));
        Require.Success(Libsodium.crypto_scalarmult_curve25519_base(public32, secret32));
    }
}
