using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>
/// An element of the prime-order group ristretto255 (RFC 9496), in its 32-byte canonical encoding; never the identity.
/// The default value is no element and is refused everywhere.
/// </summary>
public readonly struct RistrettoElement : IEquatable<RistrettoElement>
{
    /// <summary>Bytes of an encoded element.</summary>
    public const int Size = 32;

    private readonly Bytes32 _bytes;

    private RistrettoElement(ReadOnlySpan<byte> bytes) => _bytes = Bytes32.CopyOf(bytes);

    /// <summary>Whether this is the default value, whose zeros would encode the identity.</summary>
    public bool IsDefault => IsIdentity(_bytes);

    [UnscopedRef]
    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Parses an element, as <see cref="TryFromBytes"/> does.</summary>
    /// <exception cref="FormatException">Not 32 bytes, not canonical, or the identity.</exception>
    public static RistrettoElement FromBytes(ReadOnlySpan<byte> bytes) => TryFromBytes(bytes, out RistrettoElement element)
        ? element
        : throw new FormatException($"These {bytes.Length} bytes are not a ristretto255 element: the canonical 32 bytes of an element other than the identity are wanted.");

    /// <summary>Parses an element; false for another size, a non-canonical encoding, and the identity.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out RistrettoElement element)
    {
        bool valid = bytes.Length == Size
            // The identity passes libsodium's point check; RFC 9497 §2.1 wants it refused.
            && !IsIdentity(bytes)
            // libsodium 1.0.18 ignores bit 255 (later versions do not): each element would have a second encoding.
            && (bytes[Size - 1] & 0x80) == 0
            && Libsodium.crypto_core_ristretto255_is_valid_point(bytes) == 1;
        element = valid ? new RistrettoElement(bytes) : default;
        return valid;
    }

    /// <summary>Adds two elements, as a client does with what two evaluators returned. False where the sum is the identity or a term is the default value.</summary>
    public static bool TryAdd(RistrettoElement left, RistrettoElement right, out RistrettoElement sum)
    {
        Span<byte> added = stackalloc byte[Size];
        bool valid = !left.IsDefault && !right.IsDefault
            && Libsodium.crypto_core_ristretto255_add(added, left._bytes, right._bytes) == 0
            && !IsIdentity(added);
        sum = valid ? new RistrettoElement(added) : default;
        return valid;
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(RistrettoElement other) => Bytes32.Equal(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RistrettoElement other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bytes32.Hash(_bytes);

    /// <summary>Lower-case hex.</summary>
    public override string ToString() => Bytes32.Hex(_bytes);

    /// <summary>Equality of the elements (encodings are canonical).</summary>
    public static bool operator ==(RistrettoElement left, RistrettoElement right) => left.Equals(right);

    /// <summary>Inequality of the elements.</summary>
    public static bool operator !=(RistrettoElement left, RistrettoElement right) => !left.Equals(right);

    internal static bool IsIdentity(ReadOnlySpan<byte> encoding) => !encoding.ContainsAnyExcept((byte)0);

    /// <summary>For bytes libsodium has just computed; the caller has ruled the identity out.</summary>
    internal static RistrettoElement FromTrusted(ReadOnlySpan<byte> bytes) => new(bytes);
}
