using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gateway.Protocol;

/// <summary>Writes the byte strings that protocol.md spells out: labels, big-endian integers, length-prefixed fields (§1, Notation).</summary>
internal sealed class CanonicalWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    /// <summary>A label in ASCII, followed by one zero byte.</summary>
    public CanonicalWriter Label(string label)
    {
        _buffer.Advance(Encoding.ASCII.GetBytes(label, _buffer.GetSpan(label.Length)));
        return U8(0);
    }

    public CanonicalWriter U8(byte value) => Bytes([value]);

    public CanonicalWriter U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.GetSpan(2), value);
        _buffer.Advance(2);
        return this;
    }

    public CanonicalWriter U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
        return this;
    }

    public CanonicalWriter U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
        return this;
    }

    public CanonicalWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _buffer.Write(bytes);
        return this;
    }

    /// <summary>LP4: a four-byte length, then the bytes.</summary>
    public CanonicalWriter Prefixed(ReadOnlySpan<byte> bytes) => U32((uint)bytes.Length).Bytes(bytes);

    public CanonicalWriter Id(MemberId id)
    {
        id.CopyTo(_buffer.GetSpan(MemberId.Size));
        _buffer.Advance(MemberId.Size);
        return this;
    }

    public CanonicalWriter Id(CircleId id)
    {
        id.CopyTo(_buffer.GetSpan(CircleId.Size));
        _buffer.Advance(CircleId.Size);
        return this;
    }

    public CanonicalWriter Id(RecordId id)
    {
        id.CopyTo(_buffer.GetSpan(RecordId.Size));
        _buffer.Advance(RecordId.Size);
        return this;
    }

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();
}
