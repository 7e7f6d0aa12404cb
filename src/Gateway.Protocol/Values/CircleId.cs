using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Protocol;

/// <summary>Id of a circle: 16 random bytes (protocol §1).</summary>
public readonly record struct CircleId : IComparable<CircleId>
{
    private readonly UInt128 value;

    private CircleId(UInt128 value) => this.value = value;

    /// <summary>Length in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads the 16 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 16 bytes.</exception>
    public static CircleId FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out CircleId value) ? value : throw new ArgumentException($"A circle id has 16 bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Reads the 16 bytes; false when there are more or fewer.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out CircleId value)
    {
        value = default;
        if (bytes.Length != Size) return false;
        value = new CircleId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return true;
    }

    /// <summary>Reads 32 hexadecimal digits; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out CircleId value)
    {
        value = default;
        Span<byte> bytes = stackalloc byte[Size];
        return hex?.Length == 2 * Size
            && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && TryFromBytes(bytes, out value);
    }

    /// <summary>Writes the 16 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, value);
    }

    /// <summary>The 16 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Order of the bytes, the order the protocol means by "ascending".</summary>
    public int CompareTo(CircleId other) => value.CompareTo(other.value);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(CircleId left, CircleId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(CircleId left, CircleId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(CircleId left, CircleId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(CircleId left, CircleId right) => left.CompareTo(right) >= 0;

    /// <summary>The first 8 hexadecimal digits, for logs and messages.</summary>
    public string Prefix => ToString()[..8];

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
