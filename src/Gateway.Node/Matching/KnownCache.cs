using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;
using Gateway.Protocol.Keys;

namespace Gateway.Node.Matching;

/// <summary>How this node remembers identifiers: under a local hash, with their evaluations sealed (protocol §4.3). A stolen disk says neither which they are nor what they open.</summary>
public sealed class KnownCache(MemberKeys keys, RandomSource random)
{
    private const int SealedSize = XChaCha20Poly1305.NonceSize + VoprfClient.OutputSize + XChaCha20Poly1305.TagSize;

    /// <summary>SipHash-128 of the identifier's encoding under the node's key.</summary>
    public UInt128 HashOf(Identifier identifier)
    {
        int length = identifier.EncodedLength;
        Span<byte> encoded = length <= 512 ? stackalloc byte[length] : new byte[length];
        identifier.Encode(encoded);
        return SipHash.Hash128(keys.SipHashKey, encoded);
    }

    /// <summary>The same of many identifiers at once, in order: several hashed side by side.</summary>
    public UInt128[] HashesOf<T>(IReadOnlyList<T> from, Func<T, Identifier> identifierOf)
    {
        if (from.Count == 0) return [];
        int total = 0;
        for (int i = 0; i < from.Count; i++) total += identifierOf(from[i]).EncodedLength;
        byte[] encoded = ArrayPool<byte>.Shared.Rent(total);
        int[] ends = new int[from.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++) ends[i] = end += identifierOf(from[i]).Encode(encoded.AsSpan(end));
        UInt128[] hashes = new UInt128[ends.Length];
        SipHashLanes.Hash128(keys.SipHashKey, encoded.AsSpan(0, end), ends, hashes);
        encoded.AsSpan(0, end).Clear(); // Identifiers do not stay in a pool.
        ArrayPool<byte>.Shared.Return(encoded);
        return hashes;
    }

    /// <summary>The hashes of a name's keys, each once.</summary>
    public UInt128[] HashesOf(NameKeyBuffer name)
    {
        byte[] encoded = ArrayPool<byte>.Shared.Rent(name.Count * NameKeyBuffer.LongestEncoded);
        int[] ends = new int[name.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++) ends[i] = end += name.Encode(i, encoded.AsSpan(end));
        UInt128[] hashes = new UInt128[ends.Length];
        SipHashLanes.Hash128(keys.SipHashKey, encoded.AsSpan(0, end), ends, hashes);
        encoded.AsSpan(0, end).Clear(); // Identifiers do not stay in a pool.
        ArrayPool<byte>.Shared.Return(encoded);
        int once = 0;
        foreach (UInt128 hash in hashes)
        {
            if (!hashes.AsSpan(0, once).Contains(hash)) hashes[once++] = hash;
        }

        return hashes[..once];
    }

    /// <summary>SipHash-128 of any bytes under the node's key, for tables in memory.</summary>
    public UInt128 HashOf(ReadOnlySpan<byte> bytes) => SipHash.Hash128(keys.SipHashKey, bytes);

    /// <summary>Seals an evaluation for the store.</summary>
    /// <param name="version">OPRF version.</param>
    /// <param name="hash">The identifier's local hash.</param>
    /// <param name="evaluation">y, 64 bytes.</param>
    public byte[] Seal(uint version, UInt128 hash, ReadOnlySpan<byte> evaluation)
    {
        byte[] sealedEvaluation = new byte[SealedSize];
        random.Fill(sealedEvaluation.AsSpan(0, XChaCha20Poly1305.NonceSize));
        Span<byte> context = stackalloc byte[20];
        WriteContext(version, hash, context);
        XChaCha20Poly1305.Encrypt(keys.CacheKey, sealedEvaluation.AsSpan(0, XChaCha20Poly1305.NonceSize), evaluation, context, sealedEvaluation.AsSpan(XChaCha20Poly1305.NonceSize));
        return sealedEvaluation;
    }

    /// <summary>Opens an evaluation from the store: y, 64 bytes; false when it is not the one sealed for this identifier.</summary>
    public bool TryOpen(uint version, UInt128 hash, ReadOnlySpan<byte> sealedEvaluation, [NotNullWhen(true)] out byte[]? evaluation)
    {
        evaluation = null;
        if (sealedEvaluation.Length != SealedSize) return false;
        Span<byte> context = stackalloc byte[20];
        WriteContext(version, hash, context);
        byte[] buffer = new byte[VoprfClient.OutputSize];
        if (!XChaCha20Poly1305.TryDecrypt(keys.CacheKey, sealedEvaluation[..XChaCha20Poly1305.NonceSize], sealedEvaluation[XChaCha20Poly1305.NonceSize..], context, buffer)) return false;
        evaluation = buffer;
        return true;
    }

    /// <summary>Tells a contribution from another one, 32 bytes: keyed, so that a stolen store does not let anybody test guesses.</summary>
    public byte[] DigestOf(ReadOnlySpan<byte> contribution)
    {
        Span<byte> key = stackalloc byte[32];
        Hkdf.DeriveKey(keys.CacheKey, "gateway/v1/draft-digest", key);
        byte[] digest = System.Security.Cryptography.HMACSHA256.HashData(key, contribution);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(key);
        return digest;
    }

    /// <summary>32 bytes: tells this node's index file from any other.</summary>
    public byte[] IndexKey() => Hkdf.DeriveKey(keys.CacheKey, "gateway/v1/index-file");

    /// <summary>32 bytes: tells a store of this node from any other's.</summary>
    public byte[] StoreMark() => Hkdf.DeriveKey(keys.CacheKey, "gateway/v1/store-mark");

    /// <summary>Seals a contribution for the outbox.</summary>
    public byte[] SealDraft(ReadOnlySpan<byte> contribution)
    {
        byte[] nonce = random.GetBytes(XChaCha20Poly1305.NonceSize);
        return [.. nonce, .. XChaCha20Poly1305.Encrypt(keys.CacheKey, nonce, contribution, "draft"u8)];
    }

    /// <summary>Opens a contribution from the outbox; false when it is not one of this node's.</summary>
    public bool TryOpenDraft(ReadOnlySpan<byte> draft, [NotNullWhen(true)] out byte[]? contribution)
    {
        contribution = null;
        return draft.Length > XChaCha20Poly1305.NonceSize
            && XChaCha20Poly1305.TryDecrypt(keys.CacheKey, draft[..XChaCha20Poly1305.NonceSize], draft[XChaCha20Poly1305.NonceSize..], "draft"u8, out contribution);
    }

    private static void WriteContext(uint version, UInt128 hash, Span<byte> context20)
    {
        BinaryPrimitives.WriteUInt32BigEndian(context20, version);
        BinaryPrimitives.WriteUInt128BigEndian(context20[4..], hash);
    }
}
