using System.Globalization;
using System.Text;

namespace Gateway.Ledger;

/// <summary>
/// The place of a tile (C2SP tlog-tiles). The tile of level L and index N holds the up to 256 tree nodes of level 8·L from N·256 on;
/// a full one has 8,192 bytes.
/// </summary>
/// <param name="Level">0 holds leaf hashes; at most 7 in a tree of 64-bit size.</param>
/// <param name="Index">Counted from the left within the level.</param>
public readonly record struct TileId(int Level, ulong Index)
{
    /// <summary>The hashes in a full tile.</summary>
    public const int FullWidth = 256;

    /// <summary>The bytes of a full tile.</summary>
    public const int FullSize = FullWidth * TreeHash.Size;

    /// <summary>The highest tile level of a tree whose size fits 64 bits.</summary>
    public const int MaxLevel = 7;

    /// <summary>The URL path below the log's prefix, such as <c>tile/0/x001/x234/067</c> or <c>tile/1/000.p/17</c>.</summary>
    /// <param name="width">1 to 256 hashes; 256 gives the full tile's path.</param>
    public string ToPath(int width = FullWidth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, FullWidth);
        var path = new StringBuilder();
        ulong rest = Index;
        path.Append((rest % 1000).ToString("D3", CultureInfo.InvariantCulture));
        for (rest /= 1000; rest > 0; rest /= 1000)
        {
            path.Insert(0, string.Create(CultureInfo.InvariantCulture, $"x{rest % 1000:D3}/"));
        }

        path.Insert(0, string.Create(CultureInfo.InvariantCulture, $"tile/{Level}/"));
        return width == FullWidth ? path.ToString() : path.Append(CultureInfo.InvariantCulture, $".p/{width}").ToString();
    }

    /// <summary>Reads what <see cref="ToPath"/> writes and nothing else; false for any other text.</summary>
    public static bool TryParsePath(string? path, out TileId id, out int width)
    {
        id = default;
        width = FullWidth;
        string[] parts = path?.Split('/') ?? [];
        if (parts.Length < 3 || !TryNumber(parts[1], out ulong level) || level > MaxLevel)
        {
            return false;
        }

        int end = parts.Length;
        if (parts[end - 2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!TryNumber(parts[--end], out ulong partial) || partial is 0 or >= FullWidth)
            {
                return false;
            }

            width = (int)partial;
            parts[end - 1] = parts[end - 1][..^2];
        }

        UInt128 index = 0;
        for (int i = 2; i < end; i++)
        {
            ReadOnlySpan<char> digits = parts[i].StartsWith('x') ? parts[i].AsSpan(1) : parts[i];
            if (digits.Length != 3 || !TryNumber(digits, out ulong three) || (index = (index * 1000) + three) > ulong.MaxValue)
            {
                return false;
            }
        }

        id = new TileId((int)level, (ulong)index);
        return id.ToPath(width) == path; // one spelling per tile, or caches and access rules could be walked around
    }

    /// <summary>The full tile's path.</summary>
    public override string ToString() => ToPath();

    private static bool TryNumber(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
