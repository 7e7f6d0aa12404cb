using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Protocol;

/// <summary>Id of a record: SHA-256 over its circle, epoch and item (protocol §5).</summary>
public readonly record struct RecordId : IComparable<RecordId>
{
    private readonly UInt128 high, low;

    private RecordId(UInt128 high, UInt128 low)
    {
        this.high = high;
        this.low = low;
    }

    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    /// <summary>Reads the 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static RecordId FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out RecordId value) ? value : throw new ArgumentException($"A record id has 32 bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Reads the 32 bytes; false when there are more or fewer.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out RecordId value)
    {
        value = default;
        if (bytes.Length != Size) return false;
        value = new RecordId(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));
        return true;
    }

    /// <summary>Reads 64 hexadecimal digits; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out RecordId value)
    {
        value = default;
        Span<byte> bytes = stackalloc byte[Size];
        return hex?.Length == 2 * Size
            && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && TryFromBytes(bytes, out value);
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], low);
    }

    /// <summary>The 32 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Order of the bytes, the order the protocol means by "ascending".</summary>
    public int CompareTo(RecordId other) => high.CompareTo(other.high) is var order and not 0 ? order : low.CompareTo(other.low);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(RecordId left, RecordId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(RecordId left, RecordId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(RecordId left, RecordId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(RecordId left, RecordId right) => left.CompareTo(right) >= 0;

    /// <summary>The first 8 hexadecimal digits, for logs and messages.</summary>
    public string Prefix => ToString()[..8];

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => high.ToString("x32", System.Globalization.CultureInfo.InvariantCulture) + low.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
