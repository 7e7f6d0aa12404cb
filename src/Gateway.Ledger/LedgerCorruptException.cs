namespace Gateway.Ledger;

/// <summary>A stored tile is missing, too short or does not fit the tree. The log must not be extended until it is restored.</summary>
public sealed class LedgerCorruptException : Exception
{
    internal LedgerCorruptException(TileId tile, string what)
        : base($"The ledger's {tile} {what}. Restore it from a copy of the tiles, or rebuild the tiles from the stored leaves.") => Tile = tile;

    /// <summary>The tile.</summary>
    public TileId Tile { get; }
}
