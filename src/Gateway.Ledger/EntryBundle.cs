using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Ledger;

/// <summary>
/// Entry bundles (C2SP tlog-tiles): the leaves' data of one level-0 tile, each behind its length as u16. Their paths are those of level-0 tiles with <c>entries</c> in place of the level.
/// </summary>
public static class EntryBundle
{
    private const string Prefix = "tile/entries/", LevelZero = "tile/0/";

    /// <summary>The URL path below the log's prefix, such as <c>tile/entries/x001/234.p/17</c>.</summary>
    /// <param name="index">Index of the bundle: leaves index·256 to index·256 + 255.</param>
    /// <param name="width">1 to 256 leaves; 256 gives the full bundle's path.</param>
    public static string ToPath(ulong index, int width = TileId.FullWidth) => string.Concat(Prefix, new TileId(0, index).ToPath(width).AsSpan(LevelZero.Length));

    /// <summary>Reads what <see cref="ToPath"/> writes and nothing else; false for any other text.</summary>
    public static bool TryParsePath(string? path, out ulong index, out int width)
    {
        bool isBundle = path?.StartsWith(Prefix, StringComparison.Ordinal) == true & TileId.TryParsePath(path is null ? null : string.Concat(LevelZero, path.AsSpan(Math.Min(path.Length, Prefix.Length))), out TileId id, out width);
        index = id.Index;
        return isBundle;
    }

    /// <summary>Writes one leaf's data of at most 65,535 bytes behind its length.</summary>
    public static void Write(Stream bundle, ReadOnlySpan<byte> leafData)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)leafData.Length));
        bundle.Write(length);
        bundle.Write(leafData);
    }

    /// <summary>Reads exactly <paramref name="width"/> leaves; false where the bundle holds fewer, more, or half a leaf.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bundle, int width, [NotNullWhen(true)] out IReadOnlyList<ReadOnlyMemory<byte>>? leaves)
    {
        var read = new List<ReadOnlyMemory<byte>>(width);
        leaves = null;
        while (!bundle.IsEmpty)
        {
            if (read.Count == width || bundle.Length < 2 || bundle.Length - 2 < BinaryPrimitives.ReadUInt16BigEndian(bundle.Span)) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(bundle.Span);
            read.Add(bundle.Slice(2, length));
            bundle = bundle[(2 + length)..];
        }

        leaves = read;
        return read.Count == width;
    }
}
