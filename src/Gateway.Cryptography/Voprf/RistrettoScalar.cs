using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>
/// A public integer modulo the order L of ristretto255: 32 bytes, little-endian, below L. Proofs are made of these; secret
/// scalars never take this form, because a value that is copied cannot be zeroed.
/// </summary>
public readonly struct RistrettoScalar : IEquatable<RistrettoScalar>
{
    /// <summary>Bytes of an encoded scalar.</summary>
    public const int Size = 32;

    private readonly Bytes32 _bytes;

    private RistrettoScalar(ReadOnlySpan<byte> bytes) => _bytes = Bytes32.CopyOf(bytes);

    /// <summary>Whether the scalar is zero.</summary>
    public bool IsZero => Equals(default);

    [UnscopedRef]
    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Parses a scalar; false for another size and for values of L and above, which scalar multiplication would silently reduce.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out RistrettoScalar scalar)
    {
        bool valid = IsCanonical(bytes);
        scalar = valid ? new RistrettoScalar(bytes) : default;
        return valid;
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(RistrettoScalar other) => Bytes32.Equal(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RistrettoScalar other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bytes32.Hash(_bytes);

    /// <summary>Equality of the values.</summary>
    public static bool operator ==(RistrettoScalar left, RistrettoScalar right) => left.Equals(right);

    /// <summary>Inequality of the values.</summary>
    public static bool operator !=(RistrettoScalar left, RistrettoScalar right) => !left.Equals(right);

    internal static RistrettoScalar FromTrusted(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Whether reducing the value modulo L leaves it as it is; takes the same time for every value.</summary>
    internal static bool IsCanonical(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            return false;
        }

        Span<byte> wide = stackalloc byte[64];
        wide.Clear();
        bytes.CopyTo(wide);
        Span<byte> reduced = stackalloc byte[Size];
        Libsodium.crypto_core_ristretto255_scalar_reduce(reduced, wide);
        bool canonical = CryptographicOperations.FixedTimeEquals(reduced, bytes);
        CryptographicOperations.ZeroMemory(wide);
        CryptographicOperations.ZeroMemory(reduced);
        return canonical;
    }

    /// <summary>Draws a uniform scalar other than zero: 64 random bytes modulo L (RFC 9497 §4.7, bias below 2^-256).</summary>
    internal static void FillRandom(RandomSource random, Span<byte> scalar)
    {
        Span<byte> wide = stackalloc byte[64];
        do
        {
            random.Fill(wide);
            Libsodium.crypto_core_ristretto255_scalar_reduce(scalar, wide);
        }
        while (RistrettoElement.IsIdentity(scalar)); // zero, once in 2^252 draws

        CryptographicOperations.ZeroMemory(wide);
    }
}
