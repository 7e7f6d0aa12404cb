using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.Keys;

namespace Gateway.Node.Watch;

/// <summary>Seals what a node keeps of its own sellers and shipments, and makes the keyed digests they are found by: a stolen disk neither shows nor lets anybody test who they are.</summary>
public sealed class WatchSeal(MemberKeys keys, RandomSource random)
{
    /// <summary>Length of a digest in bytes.</summary>
    public const int DigestSize = HMACSHA256.HashSizeInBytes;

    /// <summary>HMAC-SHA256 of content under a key of this node, 32 bytes.</summary>
    /// <param name="label">What the digest is for: the same content under another label has another digest.</param>
    /// <param name="content">Any length.</param>
    public byte[] DigestOf(string label, ReadOnlySpan<byte> content)
    {
        Span<byte> key = stackalloc byte[32];
        Hkdf.DeriveKey(keys.CacheKey, "gateway/v1/watch-digest", key);
        using IncrementalHash hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        CryptographicOperations.ZeroMemory(key);
        hmac.AppendData(Context(label, []));
        hmac.AppendData(content);
        return hmac.GetHashAndReset();
    }

    /// <inheritdoc cref="DigestOf(string, ReadOnlySpan{byte})"/>
    public byte[] DigestOf(string label, string content) => DigestOf(label, Encoding.UTF8.GetBytes(content));

    /// <summary>Seals content for the store: nonce, ciphertext, authenticator; 40 bytes longer.</summary>
    /// <param name="label">What it is.</param>
    /// <param name="context">The row it belongs to: it opens in no other.</param>
    /// <param name="content">Any length.</param>
    public byte[] Seal(string label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> content)
    {
        byte[] nonce = random.GetBytes(XChaCha20Poly1305.NonceSize);
        return [.. nonce, .. XChaCha20Poly1305.Encrypt(keys.CacheKey, nonce, content, Context(label, context))];
    }

    /// <summary>Opens what <see cref="Seal"/> sealed under the same label and context; false when it is not that.</summary>
    public bool TryOpen(string label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> sealedContent, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        return sealedContent.Length >= XChaCha20Poly1305.NonceSize
            && XChaCha20Poly1305.TryDecrypt(keys.CacheKey, sealedContent[..XChaCha20Poly1305.NonceSize], sealedContent[XChaCha20Poly1305.NonceSize..], Context(label, context), out content);
    }

    private static byte[] Context(string label, ReadOnlySpan<byte> context) => [.. Encoding.ASCII.GetBytes(label), 0, .. context];
}
