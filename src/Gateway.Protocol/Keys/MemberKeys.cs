using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Protocol.Keys;

/// <summary>Every key a member derives from its seed (protocol §2). Zeroed when disposed.</summary>
public sealed class MemberKeys : IDisposable
{
    /// <summary>Length of the member seed in bytes.</summary>
    public const int SeedSize = 32;

    private readonly byte[] _seed;
    private readonly byte[] _sourceKey;
    private readonly byte[] _sipHashKey;
    private readonly byte[] _cacheKey;
    private readonly byte[] _highWaterKey;

    private MemberKeys(ReadOnlySpan<byte> seed)
    {
        _seed = GC.AllocateArray<byte>(SeedSize, pinned: true);
        seed.CopyTo(_seed);
        Member = SigningFrom("gateway/v1/member-key", default);
        Node = SigningFrom("gateway/v1/node-key", default);
        Box = BoxFrom("gateway/v1/box-key", default);
        _sourceKey = Secret("gateway/v1/source", 32);
        _sipHashKey = Secret("gateway/v1/siphash-key", SipHash.KeySize);
        _cacheKey = Secret("gateway/v1/cache-key", XChaCha20Poly1305.KeySize);
        _highWaterKey = Secret("gateway/v1/high-water", 32);
    }

    /// <summary>Derives the keys.</summary>
    /// <param name="seed">32 random bytes; the caller zeroes its copy.</param>
    /// <exception cref="ArgumentException">The seed has another length.</exception>
    public static MemberKeys FromSeed(ReadOnlySpan<byte> seed) =>
        seed.Length == SeedSize ? new MemberKeys(seed) : throw new ArgumentException($"A member seed has {SeedSize} bytes, not {seed.Length}.", nameof(seed));

    /// <summary>The member key: signs statements and issuance.</summary>
    public SigningKey Member { get; }

    /// <summary>The node key: signs acknowledgements and cosignatures.</summary>
    public SigningKey Node { get; }

    /// <summary>The box key: opens circle keys sealed to the member.</summary>
    public BoxKey Box { get; }

    /// <summary>16 bytes: keys the hash under which this node remembers identifiers.</summary>
    public ReadOnlySpan<byte> SipHashKey => _sipHashKey;

    /// <summary>32 bytes: seals what this node keeps of identifiers and drafts.</summary>
    public ReadOnlySpan<byte> CacheKey => _cacheKey;

    /// <summary>32 bytes: authenticates what this node notes outside its store of how far it has come.</summary>
    public ReadOnlySpan<byte> HighWaterKey => _highWaterKey;

    /// <summary>The keys of one record of one's own: HKDF(seed, salt = rec_salt, …). The caller disposes them.</summary>
    /// <param name="recordSalt">rec_salt, 32 bytes, fresh for each record and circle.</param>
    public RecordKeys ForRecord(ReadOnlySpan<byte> recordSalt)
    {
        if (recordSalt.Length != RecordFormat.SaltSize) throw new ArgumentException($"A record salt has {RecordFormat.SaltSize} bytes, not {recordSalt.Length}.", nameof(recordSalt));
        return new RecordKeys(SigningFrom("gateway/v1/record-key", recordSalt), BoxFrom("gateway/v1/reply-key", recordSalt));
    }

    /// <summary>The key to which answers in a thread of one's own are sealed: HKDF(seed, salt = thread, `…/return-key`). The caller disposes it.</summary>
    public BoxKey ForThread(ThreadId thread) => BoxFrom("gateway/v1/return-key", thread.ToArray());

    /// <summary>The source mark of an identifier in a circle: first 8 bytes of HMAC-SHA256(source key, circle_id ‖ y) (protocol §5).</summary>
    /// <param name="circle">The circle.</param>
    /// <param name="evaluation">y, 64 bytes.</param>
    /// <exception cref="ArgumentException">The evaluation has another length.</exception>
    public byte[] SourceOf(CircleId circle, ReadOnlySpan<byte> evaluation)
    {
        // A shorter one would be filled up with zeros unnoticed.
        if (evaluation.Length != VoprfClient.OutputSize) throw new ArgumentException($"An evaluation has {VoprfClient.OutputSize} bytes, not {evaluation.Length}.", nameof(evaluation));
        Span<byte> message = stackalloc byte[CircleId.Size + VoprfClient.OutputSize];
        circle.CopyTo(message);
        evaluation.CopyTo(message[CircleId.Size..]);
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(_sourceKey, message, mac);
        CryptographicOperations.ZeroMemory(message);
        return mac[..8].ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Member.Dispose();
        Node.Dispose();
        Box.Dispose();
        CryptographicOperations.ZeroMemory(_seed);
        CryptographicOperations.ZeroMemory(_sourceKey);
        CryptographicOperations.ZeroMemory(_sipHashKey);
        CryptographicOperations.ZeroMemory(_cacheKey);
        CryptographicOperations.ZeroMemory(_highWaterKey);
    }

    private byte[] Secret(string label, int length)
    {
        byte[] secret = GC.AllocateArray<byte>(length, pinned: true);
        Hkdf.DeriveKey(_seed, label, secret);
        return secret;
    }

    private SigningKey SigningFrom(string label, ReadOnlySpan<byte> salt)
    {
        Span<byte> seed = stackalloc byte[SigningKey.SeedSize];
        Hkdf.DeriveKey(_seed, label, seed, salt);
        SigningKey key = SigningKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    private BoxKey BoxFrom(string label, ReadOnlySpan<byte> salt)
    {
        Span<byte> seed = stackalloc byte[BoxKey.SeedSize];
        Hkdf.DeriveKey(_seed, label, seed, salt);
        BoxKey key = BoxKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }
}

/// <summary>The two keys of one record: re-derived when needed, never stored.</summary>
/// <param name="Signing">The record key, Ed25519.</param>
/// <param name="Reply">The reply key, X25519.</param>
public sealed record RecordKeys(SigningKey Signing, BoxKey Reply) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Signing.Dispose();
        Reply.Dispose();
    }
}
