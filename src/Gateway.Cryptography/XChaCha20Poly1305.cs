using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>The AEAD XChaCha20-Poly1305 in its IETF form (draft-irtf-cfrg-xchacha-03): 24-byte nonces, long enough to be drawn at random.</summary>
public static class XChaCha20Poly1305
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of a nonce.</summary>
    public const int NonceSize = 24;

    /// <summary>Bytes of the tag that follows the ciphertext.</summary>
    public const int TagSize = 16;

    /// <summary>Writes ciphertext ‖ tag. Never use one key with one nonce twice.</summary>
    /// <exception cref="ArgumentException">A size is wrong; <paramref name="ciphertextAndTag"/> must be 16 bytes longer than the plaintext.</exception>
    public static void Encrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData, Span<byte> ciphertextAndTag)
    {
        Require.Size(key.Length, KeySize, nameof(key));
        Require.Size(nonce.Length, NonceSize, nameof(nonce));
        Require.Size(ciphertextAndTag.Length, plaintext.Length + TagSize, nameof(ciphertextAndTag));
        Require.Success(Libsodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
            ciphertextAndTag, 0, plaintext, (ulong)plaintext.Length, associatedData, (ulong)associatedData.Length, 0, nonce, key));
    }

    /// <summary>Ciphertext ‖ tag, 16 bytes longer than the plaintext. Never use one key with one nonce twice.</summary>
    /// <exception cref="ArgumentException">Key or nonce has the wrong size.</exception>
    public static byte[] Encrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        byte[] ciphertextAndTag = new byte[plaintext.Length + TagSize];
        Encrypt(key, nonce, plaintext, associatedData, ciphertextAndTag);
        return ciphertextAndTag;
    }

    /// <summary>Authenticates, then decrypts. False, with zeros written, where anything was altered or the key is another.</summary>
    /// <exception cref="ArgumentException">Key or nonce has the wrong size, or <paramref name="plaintext"/> is not 16 bytes shorter than the ciphertext.</exception>
    public static bool TryDecrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertextAndTag, ReadOnlySpan<byte> associatedData, Span<byte> plaintext)
    {
        Require.Size(key.Length, KeySize, nameof(key));
        Require.Size(nonce.Length, NonceSize, nameof(nonce));
        if (ciphertextAndTag.Length < TagSize)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            return false;
        }

        Require.Size(plaintext.Length, ciphertextAndTag.Length - TagSize, nameof(plaintext));
        if (Libsodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            plaintext, 0, 0, ciphertextAndTag, (ulong)ciphertextAndTag.Length, associatedData, (ulong)associatedData.Length, nonce, key) == 0)
        {
            return true;
        }

        CryptographicOperations.ZeroMemory(plaintext);
        return false;
    }

    /// <summary>Authenticates, then decrypts. False, with an empty plaintext, where anything was altered or the key is another.</summary>
    /// <exception cref="ArgumentException">Key or nonce has the wrong size.</exception>
    public static bool TryDecrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertextAndTag, ReadOnlySpan<byte> associatedData, out byte[] plaintext)
    {
        byte[] opened = new byte[Math.Max(0, ciphertextAndTag.Length - TagSize)];
        bool authentic = TryDecrypt(key, nonce, ciphertextAndTag, associatedData, opened.AsSpan());
        plaintext = authentic ? opened : [];
        return authentic;
    }
}
