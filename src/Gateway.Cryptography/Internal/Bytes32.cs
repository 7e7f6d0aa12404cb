using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Cryptography.Internal;

/// <summary>32 bytes held by value, so that keys, elements and scalars need no allocation.</summary>
[InlineArray(Length)]
internal struct Bytes32
{
    internal const int Length = 32;

    private byte _first;

    internal static Bytes32 CopyOf(ReadOnlySpan<byte> source)
    {
        Bytes32 bytes = default;
        source.CopyTo(bytes);
        return bytes;
    }

    internal static bool Equal(in Bytes32 left, in Bytes32 right) => CryptographicOperations.FixedTimeEquals(left, right);

    internal static int Hash(in Bytes32 bytes) => MemoryMarshal.Read<int>(bytes);

    internal static string Hex(in Bytes32 bytes) => Convert.ToHexStringLower(bytes);
}
