using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Protocol.Keys;

/// <summary>HKDF(K, "gateway/v1/route"): marks which leaves of the log are a circle's, and opens nothing (protocol §7).</summary>
public sealed class RouteKey
{
    /// <summary>Length of the key in bytes.</summary>
    public const int Size = 32;

    /// <summary>Length of a route in bytes.</summary>
    public const int RouteSize = 16;

    private const int Block = 64;

    private readonly byte[] _key;

    // HMAC's two key blocks. Every leaf of the log is held against every route key, and the library's HMAC of 8 bytes takes three times as long as its two hashes.
    private readonly byte[] _inner = new byte[Block], _outer = new byte[Block];

    /// <summary>Takes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public RouteKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size) throw new ArgumentException($"A route key has {Size} bytes, not {key.Length}.", nameof(key));
        _key = key.ToArray();
        for (int i = 0; i < Block; i++)
        {
            byte of = i < Size ? key[i] : (byte)0;
            (_inner[i], _outer[i]) = ((byte)(of ^ 0x36), (byte)(of ^ 0x5c));
        }
    }

    /// <summary>Writes the route of the leaf at an index: the first 16 bytes of HMAC-SHA256(route key, u64 index).</summary>
    public void Write(ulong index, Span<byte> route16)
    {
        Span<byte> inner = stackalloc byte[Block + sizeof(ulong)], outer = stackalloc byte[Block + SHA256.HashSizeInBytes], mac = stackalloc byte[SHA256.HashSizeInBytes];
        _inner.CopyTo(inner);
        BinaryPrimitives.WriteUInt64BigEndian(inner[Block..], index);
        _outer.CopyTo(outer);
        SHA256.HashData(inner, outer[Block..]);
        SHA256.HashData(outer, mac);
        mac[..RouteSize].CopyTo(route16);
    }

    /// <summary>Whether this is the route of the leaf at an index.</summary>
    public bool Matches(ulong index, ReadOnlySpan<byte> route16)
    {
        Span<byte> mine = stackalloc byte[RouteSize];
        Write(index, mine);
        return mine.SequenceEqual(route16);
    }

    /// <summary>The 32 bytes, for the broker.</summary>
    public byte[] ToArray() => [.. _key];
}
