using System.Security.Cryptography;
using Gateway.Cryptography;

namespace Gateway.Protocol.Keys;

/// <summary>K of one circle and epoch with all that is derived from it (protocol §2, §4, §5, §7). The broker never holds one. Zeroed when disposed.</summary>
public sealed class CircleKey : IDisposable
{
    /// <summary>Length of the key in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _key;
    private readonly byte[] _itemKey;
    private readonly byte[] _pseudonymPrefix;

    private CircleKey(CircleId circle, uint epoch, ReadOnlySpan<byte> key)
    {
        Circle = circle;
        Epoch = epoch;
        _key = GC.AllocateArray<byte>(Size, pinned: true);
        key.CopyTo(_key);
        _itemKey = GC.AllocateArray<byte>(XChaCha20Poly1305.KeySize, pinned: true);
        Hkdf.DeriveKey(_key, "gateway/v1/item", _itemKey);
        RouteKey = new RouteKey(Hkdf.DeriveKey(_key, "gateway/v1/route"));
        Commitment = SHA256.HashData(new CanonicalWriter().Label("gateway/v1/circle-key").Id(circle).U32(epoch).Bytes(_key).Written);
        _pseudonymPrefix = new CanonicalWriter().Label("gateway/v1/pseudonym").Id(circle).U32(epoch).ToArray();
    }

    /// <summary>Takes the 32 bytes of a circle's key; the caller zeroes its copy.</summary>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public static CircleKey FromBytes(CircleId circle, uint epoch, ReadOnlySpan<byte> key) =>
        key.Length == Size ? new CircleKey(circle, epoch, key) : throw new ArgumentException($"A circle key has {Size} bytes, not {key.Length}.", nameof(key));

    /// <summary>Draws a new key.</summary>
    public static CircleKey Create(CircleId circle, uint epoch, RandomSource random)
    {
        Span<byte> key = stackalloc byte[Size];
        random.Fill(key);
        CircleKey made = new(circle, epoch, key);
        CryptographicOperations.ZeroMemory(key);
        return made;
    }

    /// <summary>The circle.</summary>
    public CircleId Circle { get; }

    /// <summary>The epoch.</summary>
    public uint Epoch { get; }

    /// <summary>What the KeyEpoch entry commits to, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Commitment { get; }

    /// <summary>The routing key, which the steward gives the broker.</summary>
    public RouteKey RouteKey { get; }

    /// <summary>Seals the key to a member's box key: 80 bytes.</summary>
    public byte[] SealTo(BoxPublicKey member) => member.Seal(_key);

    /// <summary>P = HMAC-SHA256(K, "gateway/v1/pseudonym" 00 ‖ circle_id ‖ u32 e ‖ y) (protocol §4).</summary>
    /// <param name="evaluation">y, 64 bytes.</param>
    public Pseudonym PseudonymOf(ReadOnlySpan<byte> evaluation)
    {
        if (evaluation.Length != VoprfClient.OutputSize) throw new ArgumentException($"An evaluation has {VoprfClient.OutputSize} bytes, not {evaluation.Length}.", nameof(evaluation));
        Span<byte> message = stackalloc byte[_pseudonymPrefix.Length + evaluation.Length];
        _pseudonymPrefix.CopyTo(message);
        evaluation.CopyTo(message[_pseudonymPrefix.Length..]);
        Span<byte> pseudonym = stackalloc byte[Pseudonym.Size];
        HMACSHA256.HashData(_key, message, pseudonym);
        CryptographicOperations.ZeroMemory(message);
        return Pseudonym.FromBytes(pseudonym);
    }

    /// <summary>The key under which the circle's items of this epoch are sealed, 32 bytes.</summary>
    internal ReadOnlySpan<byte> ItemKey => _itemKey;

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        CryptographicOperations.ZeroMemory(_itemKey);
    }
}
