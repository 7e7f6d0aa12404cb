using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Ledger;

/// <summary>
/// A tile with its inner nodes: 256 hashes and the 255 nodes above them (16 KiB), so that a proof reads nodes and hashes none.
/// Row h (0 to 8) starts at 512 − (512 >> h). Nodes that reach beyond the width are stale and never read.
/// </summary>
internal sealed class ExpandedTile
{
    private readonly TreeHash[] _nodes = new TreeHash[511];

    public int Width { get; private set; }

    public bool IsFull => Width == TileId.FullWidth;

    /// <summary>The node above all 256 hashes.</summary>
    public TreeHash Root => Node(8, 0);

    public static ExpandedTile From(ReadOnlySpan<byte> hashes)
    {
        var tile = new ExpandedTile();
        foreach (ref readonly TreeHash hash in MemoryMarshal.Cast<byte, TreeHash>(hashes))
        {
            tile.Push(hash);
        }

        return tile;
    }

    public void Push(TreeHash hash)
    {
        int position = Width++;
        _nodes[position] = hash;
        for (int row = 0; (position & 1) == 1; )
        {
            hash = MerkleHash.Node(_nodes[Start(row) + position - 1], hash);
            position >>= 1;
            _nodes[Start(++row) + position] = hash;
        }
    }

    public TreeHash Node(int row, int position)
    {
        Debug.Assert((position + 1) << row <= Width, "A node is read before all hashes below it are there.");
        return _nodes[Start(row) + position];
    }

    public void Truncate(int width)
    {
        Debug.Assert(width <= Width, "A tile cannot be cut to more than it has.");
        Width = width;
    }

    public byte[] ToArray(int width) => MemoryMarshal.AsBytes(_nodes.AsSpan(0, width)).ToArray();

    private static int Start(int row) => 512 - (512 >> row);
}
