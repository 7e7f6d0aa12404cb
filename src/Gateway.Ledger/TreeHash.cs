using System.Runtime.InteropServices;

namespace Gateway.Ledger;

/// <summary>The hash of a leaf or node of the log's Merkle tree: 32 bytes of SHA-256, held inline.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
public readonly struct TreeHash : IEquatable<TreeHash>
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Takes exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The length is not 32.</exception>
    public static TreeHash FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out TreeHash hash)
            ? hash
            : throw new ArgumentException($"A tree hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Takes exactly 32 bytes; false for any other length.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out TreeHash hash)
    {
        hash = default;
        return bytes.Length == Size && bytes.TryCopyTo(Writable(ref hash));
    }

    /// <summary>Writes the 32 bytes to the start of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than 32 bytes.</exception>
    public void CopyTo(Span<byte> destination) => Bytes(in this).CopyTo(destination);

    /// <summary>A new array of the 32 bytes.</summary>
    public byte[] ToArray() => Bytes(in this).ToArray();

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes(in this));

    /// <inheritdoc/>
    public bool Equals(TreeHash other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TreeHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    /// <summary>Whether all 32 bytes are equal.</summary>
    public static bool operator ==(TreeHash left, TreeHash right) => left.Equals(right);

    /// <summary>Whether any byte differs.</summary>
    public static bool operator !=(TreeHash left, TreeHash right) => !left.Equals(right);

    internal static ReadOnlySpan<byte> Bytes(ref readonly TreeHash hash) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in hash, 1));

    internal static Span<byte> Writable(ref TreeHash hash) => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref hash, 1));
}
