namespace Gateway.Ledger;

/// <summary>Where a <see cref="TiledTree"/> finds the tiles it has let go of.</summary>
public interface ITileReader
{
    /// <summary>
    /// The widest stored version of the tile: width × 32 bytes, or null when there is none. The tree neither keeps nor changes the array.
    /// An exception passes through to the tree's caller and leaves the tree as it was.
    /// </summary>
    byte[]? ReadTile(TileId id);
}
