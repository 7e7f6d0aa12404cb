using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Matching.Tests.Index;

/// <summary>Distinct, evenly spread 128-bit values by number, as a keyed hash would give.</summary>
internal static class Hashes
{
    public static UInt128 Of(int number)
    {
        Span<byte> digest = stackalloc byte[32];
        Span<byte> message = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(message, number);
        SHA256.HashData(message, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    public static UInt128[] Range(int first, int count) => [.. Enumerable.Range(first, count).Select(Of)];
}
