using Google.Protobuf;

namespace Gateway.Protocol;

/// <summary>Ids as messages carry them.</summary>
public static class ByteStrings
{
    /// <summary>The 16 bytes.</summary>
    public static ByteString ToByteString(this MemberId id) => ByteString.CopyFrom(id.ToArray());

    /// <summary>The 16 bytes.</summary>
    public static ByteString ToByteString(this CircleId id) => ByteString.CopyFrom(id.ToArray());

    /// <summary>The 32 bytes.</summary>
    public static ByteString ToByteString(this RecordId id) => ByteString.CopyFrom(id.ToArray());
}
