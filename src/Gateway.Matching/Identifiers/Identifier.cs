using System.Buffers.Binary;
using System.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>A normalised identifier of a party, a shipment or an item. Made by <c>IdentifierNormaliser</c> and by the keys, never from raw input.</summary>
/// <param name="Type">What kind of identifier it is.</param>
/// <param name="Value">The normal form, Unicode NFC, at most 65,535 bytes of UTF-8.</param>
public readonly record struct Identifier(IdentifierType Type, string Value)
{
    private static ReadOnlySpan<byte> Label => "gateway/v1/id\0"u8;

    /// <summary>The class the identifier belongs to.</summary>
    public IdentifierClass Class => ClassOf(Type);

    /// <summary>The class of a type, by its number range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number lies in no range.</exception>
    public static IdentifierClass ClassOf(IdentifierType type) => (ushort)type switch
    {
        >= 1 and <= 255 => IdentifierClass.Strong,
        >= 256 and <= 511 => IdentifierClass.Compound,
        >= 512 and <= 767 => IdentifierClass.Name,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No identifier class has this number."),
    };

    /// <summary>Bytes that <see cref="Encode(Span{byte})"/> writes.</summary>
    public int EncodedLength => Label.Length + 4 + Encoding.UTF8.GetByteCount(Value);

    /// <summary>Writes <c>"gateway/v1/id" 00 ‖ u16 type ‖ LP2(UTF-8)</c>, the input of the OPRF and of the local SipHash (protocol §3).</summary>
    /// <param name="destination">At least <see cref="EncodedLength"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    public int Encode(Span<byte> destination)
    {
        Label.CopyTo(destination);
        Span<byte> rest = destination[Label.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)Type);
        int length = Encoding.UTF8.GetBytes(Value, rest[4..]);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], checked((ushort)length));
        return Label.Length + 4 + length;
    }

    /// <summary>The same bytes in a new array.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[EncodedLength];
        Encode(bytes);
        return bytes;
    }

    /// <summary>The type alone: a value is personal data and stays out of logs.</summary>
    public override string ToString() => Type.ToString();
}
