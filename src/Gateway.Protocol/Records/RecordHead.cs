using System.Buffers.Binary;

namespace Gateway.Protocol;

/// <summary>
/// The head of a record (protocol §5): u8 1 ‖ circle_id[16] ‖ u32 e ‖ u32 oprf_version ‖ rec_salt[32] ‖ record_pk[32] ‖ cek_commitment[32] ‖ u8 slot_count ‖ u16 name_tag_count.
/// </summary>
public sealed record RecordHead
{
    /// <summary>Format version.</summary>
    public byte Version { get; init; } = RecordFormat.Version;

    /// <summary>Circle the record belongs to.</summary>
    public required CircleId Circle { get; init; }

    /// <summary>Epoch of the circle's key.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Version of the OPRF keys its pseudonyms were made under.</summary>
    public required uint OprfVersion { get; init; }

    /// <summary>rec_salt, 32 bytes.</summary>
    public required byte[] Salt { get; init; }

    /// <summary>record_pk, 32 bytes.</summary>
    public required byte[] RecordKey { get; init; }

    /// <summary>cek_commitment, 32 bytes.</summary>
    public required byte[] ContentKeyCommitment { get; init; }

    /// <summary>Slots after padding.</summary>
    public required int SlotCount { get; init; }

    /// <summary>Name tags after padding.</summary>
    public required int NameTagCount { get; init; }

    /// <summary>The 124 bytes.</summary>
    public byte[] ToArray() => new CanonicalWriter()
        .U8(Version).Id(Circle).U32(Epoch).U32(OprfVersion).Bytes(Salt).Bytes(RecordKey).Bytes(ContentKeyCommitment).U8((byte)SlotCount).U16((ushort)NameTagCount).ToArray();

    /// <summary>Reads the 124 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 124 bytes.</exception>
    public static RecordHead FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != RecordFormat.HeadSize) throw new ArgumentException($"A head has {RecordFormat.HeadSize} bytes, not {bytes.Length}.", nameof(bytes));
        return new RecordHead
        {
            Version = bytes[0],
            Circle = CircleId.FromBytes(bytes[1..17]),
            Epoch = BinaryPrimitives.ReadUInt32BigEndian(bytes[17..]),
            OprfVersion = BinaryPrimitives.ReadUInt32BigEndian(bytes[21..]),
            Salt = bytes[25..57].ToArray(),
            RecordKey = bytes[57..89].ToArray(),
            ContentKeyCommitment = bytes[89..121].ToArray(),
            SlotCount = bytes[121],
            NameTagCount = BinaryPrimitives.ReadUInt16BigEndian(bytes[122..]),
        };
    }
}
