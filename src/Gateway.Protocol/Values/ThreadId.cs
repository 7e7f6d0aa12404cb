using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Protocol;

/// <summary>Id of a case's thread: 16 random bytes, drawn by who opens it (docs/protocol.md, Cases).</summary>
public readonly record struct ThreadId
{
    private readonly UInt128 value;

    private ThreadId(UInt128 value) => this.value = value;

    /// <summary>Length in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads the 16 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 16 bytes.</exception>
    public static ThreadId FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out ThreadId value) ? value : throw new ArgumentException($"A thread id has {Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Reads the 16 bytes; false when there are more or fewer.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out ThreadId value)
    {
        value = default;
        if (bytes.Length != Size) return false;
        value = new ThreadId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return true;
    }

    /// <summary>Reads 32 hexadecimal digits; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out ThreadId value)
    {
        value = default;
        Span<byte> bytes = stackalloc byte[Size];
        return hex?.Length == 2 * Size && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done && TryFromBytes(bytes, out value);
    }

    /// <summary>Writes the 16 bytes.</summary>
    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, value);

    /// <summary>The 16 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The first 8 hexadecimal digits, for logs and messages.</summary>
    public string Prefix => ToString()[..8];

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
