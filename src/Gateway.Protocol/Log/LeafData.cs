using System.Security.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Keys;

namespace Gateway.Protocol.Log;

/// <summary>Leaf data of the log (protocol §7): u8 1 ‖ route[16] ‖ SHA-256("gateway/v1/entry" 00 ‖ salt[16] ‖ LP4(entry)).</summary>
public static class LeafData
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 1 + RouteKey.RouteSize + 32;

    /// <summary>Length of a leaf's salt.</summary>
    public const int SaltSize = 16;

    /// <summary>Longest entry in bytes.</summary>
    public const int MaximumEntry = 256 * 1_024;

    /// <summary>Makes the leaf data of an entry.</summary>
    /// <param name="index">Index of the leaf.</param>
    /// <param name="route">Route key of the entry's circle and epoch, or null for a network-wide entry.</param>
    /// <param name="salt">16 bytes.</param>
    /// <param name="entry">The entry's bytes.</param>
    /// <exception cref="ArgumentException">The salt has another length.</exception>
    public static byte[] Of(ulong index, RouteKey? route, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> entry)
    {
        if (salt.Length != SaltSize) throw new ArgumentException($"A leaf's salt has {SaltSize} bytes, not {salt.Length}.", nameof(salt));
        byte[] leaf = new byte[Size];
        leaf[0] = 1;
        route?.Write(index, leaf.AsSpan(1, RouteKey.RouteSize));
        HashEntry(salt, entry, leaf.AsSpan(1 + RouteKey.RouteSize));
        return leaf;
    }

    /// <summary>The leaf's route.</summary>
    public static ReadOnlySpan<byte> RouteOf(ReadOnlySpan<byte> leafData) => leafData.Slice(1, RouteKey.RouteSize);

    /// <summary>Whether the leaf is for everyone: its route is 16 zero bytes.</summary>
    public static bool IsNetworkWide(ReadOnlySpan<byte> leafData) => !RouteOf(leafData).ContainsAnyExcept((byte)0);

    /// <summary>Whether bytes have the form of leaf data of version 1.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> leafData) => leafData.Length == Size && leafData[0] == 1;

    /// <summary>Whether the leaf commits to this entry.</summary>
    public static bool CommitsTo(ReadOnlySpan<byte> leafData, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> entry)
    {
        if (!IsWellFormed(leafData) || salt.Length != SaltSize) return false;
        Span<byte> hash = stackalloc byte[32];
        HashEntry(salt, entry, hash);
        return hash.SequenceEqual(leafData[(1 + RouteKey.RouteSize)..]);
    }

    /// <summary>The leaf's hash in the tree.</summary>
    public static TreeHash HashOf(ReadOnlySpan<byte> leafData) => MerkleHash.Leaf(leafData);

    private static void HashEntry(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> entry, Span<byte> hash) =>
        SHA256.HashData(new CanonicalWriter().Label("gateway/v1/entry").Bytes(salt).Prefixed(entry).Written, hash);
}
