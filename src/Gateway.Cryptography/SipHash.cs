using System.Buffers.Binary;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>SipHash-2-4: a fast keyed hash for local tables. Keyed by a secret it resists chosen collisions; it is no substitute for a MAC towards others.</summary>
public static class SipHash
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 16;

    /// <summary>SipHash-2-4 as its paper defines it: the 64-bit number whose little-endian bytes are the reference output.</summary>
    /// <exception cref="ArgumentException">The key is not 16 bytes.</exception>
    public static ulong Hash64(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> message)
    {
        Require.Size(key16.Length, KeySize, nameof(key16));
        Span<byte> hash = stackalloc byte[sizeof(ulong)];
        Require.Success(Libsodium.crypto_shorthash_siphash24(hash, message, (ulong)message.Length, key16));
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>SipHash-2-4-128 (libsodium's siphashx24): its 16 output bytes read as one big-endian number.</summary>
    /// <exception cref="ArgumentException">The key is not 16 bytes.</exception>
    public static UInt128 Hash128(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> message)
    {
        Require.Size(key16.Length, KeySize, nameof(key16));
        Span<byte> hash = stackalloc byte[16];
        Require.Success(Libsodium.crypto_shorthash_siphashx24(hash, message, (ulong)message.Length, key16));
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
