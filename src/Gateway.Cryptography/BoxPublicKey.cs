using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>An X25519 public key, to which anyone can seal a message without saying who they are. The default value is no key.</summary>
public readonly struct BoxPublicKey : IEquatable<BoxPublicKey>
{
    /// <summary>Bytes of a public key.</summary>
    public const int Size = 32;

    /// <summary>Bytes a sealed box is longer than its message: ephemeral public key and tag.</summary>
    public const int SealOverhead = 48;

    private readonly Bytes32 _bytes;

    private BoxPublicKey(ReadOnlySpan<byte> bytes) => _bytes = Bytes32.CopyOf(bytes);

    /// <summary>Whether this is the default value, which no key can be.</summary>
    public bool IsDefault => Equals(default);

    [UnscopedRef]
    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Parses a public key, as <see cref="TryFromBytes"/> does.</summary>
    /// <exception cref="FormatException">Not 32 bytes, or a point of small order.</exception>
    public static BoxPublicKey FromBytes(ReadOnlySpan<byte> bytes) => TryFromBytes(bytes, out BoxPublicKey key)
        ? key
        : throw new FormatException($"These {bytes.Length} bytes are not an X25519 public key: 32 bytes that are not a point of small order are wanted.");

    /// <summary>Parses a public key; false for another size or a point of small order, to which nothing can be sealed. Costs one scalar multiplication (about 50 µs).</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out BoxPublicKey key)
    {
        // Any clamped scalar is a multiple of 8: it takes exactly the points of small order to zero.
        ReadOnlySpan<byte> anyScalar = "any scalar tells small orders ap"u8;
        Span<byte> product = stackalloc byte[Size];
        bool valid = bytes.Length == Size && X25519.TryAgree(anyScalar, bytes, product);
        key = valid ? new BoxPublicKey(bytes) : default;
        return valid;
    }

    /// <summary>Seals a message to this key, with a fresh ephemeral key each time: <see cref="SealOverhead"/> bytes longer than the message.</summary>
    /// <exception cref="CryptographicException">This is the default value, which is no key.</exception>
    public byte[] Seal(ReadOnlySpan<byte> message)
    {
        byte[] sealedBox = new byte[message.Length + SealOverhead];
        return Libsodium.crypto_box_seal(sealedBox, message, (ulong)message.Length, _bytes) == 0
            ? sealedBox
            : throw new CryptographicException("Nothing can be sealed to this public key: it is of small order, or was never set.");
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(BoxPublicKey other) => Bytes32.Equal(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BoxPublicKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bytes32.Hash(_bytes);

    /// <summary>Lower-case hex.</summary>
    public override string ToString() => Bytes32.Hex(_bytes);

    /// <summary>Equality of the bytes.</summary>
    public static bool operator ==(BoxPublicKey left, BoxPublicKey right) => left.Equals(right);

    /// <summary>Inequality of the bytes.</summary>
    public static bool operator !=(BoxPublicKey left, BoxPublicKey right) => !left.Equals(right);

    internal static BoxPublicKey FromTrusted(ReadOnlySpan<byte> bytes) => new(bytes);
}
