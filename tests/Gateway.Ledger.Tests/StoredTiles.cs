namespace Gateway.Ledger.Tests;

/// <summary>A disk for tiles: keeps the widest version of each and counts what is read.</summary>
internal sealed class StoredTiles : ITileReader
{
    public Dictionary<TileId, byte[]> Tiles { get; } = [];

    public List<TileId> Reads { get; } = [];

    public byte[]? ReadTile(TileId id)
    {
        Reads.Add(id);
        return Tiles.GetValueOrDefault(id);
    }

    /// <summary>What a caller's transaction does: take the changed tiles, store them, commit.</summary>
    public void Persist(TiledTree tree)
    {
        foreach ((TileId id, byte[] hashes) in tree.TakeChangedTiles())
        {
            Tiles[id] = hashes;
        }

        tree.Commit();
    }

    /// <summary>A tree of these leaves, all committed here.</summary>
    public TiledTree Grow(ReadOnlySpan<TreeHash> leaves)
    {
        TiledTree tree = TiledTree.Empty(this);
        tree.Append(leaves);
        Persist(tree);
        return tree;
    }
}
