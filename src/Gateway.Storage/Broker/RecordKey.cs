using System.Buffers.Binary;

namespace Gateway.Storage.Broker;

/// <summary>A record's public key: Ed25519, 32 bytes, compared as a value.</summary>
public readonly record struct RecordKey(UInt128 High, UInt128 Low)
{
    /// <summary>Reads the 32 bytes.</summary>
    public static RecordKey FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == 32
        ? new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]))
        : throw new ArgumentException($"A record key has 32 bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }
}
