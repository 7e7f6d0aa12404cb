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

    private readonly byte[] _key;

    /// <summary>Takes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public RouteKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size) throw new ArgumentException($"A route key has {Size} bytes, not {key.Length}.", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>Writes the route of the leaf at an index: the first 16 bytes of HMAC-SHA256(route key, u64 index).</summary>
    public void Write(ulong index, Span<byte> route16)
    {
        Span<byte> message = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(message, index);
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(_key, message, mac);
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
