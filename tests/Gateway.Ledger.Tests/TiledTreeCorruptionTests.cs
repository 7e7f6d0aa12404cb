namespace Gateway.Ledger.Tests;

public sealed class TiledTreeCorruptionTests
{
    private const int Count = 66_000;
    private static readonly TileId[] RightEdge = [new(0, 257), new(1, 1), new(2, 0)];

    [Theory]
    [InlineData(0, 257)]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void Opening_without_a_tile_of_the_right_edge_names_it(int level, ulong index)
    {
        StoredTiles stored = Stored();
        var id = new TileId(level, index);
        byte[] whole = stored.Tiles[id];
        foreach (byte[] broken in new[] { whole[..^32], whole[..^1], [], [.. whole, 0], new byte[TileId.FullSize + 32] })
        {
            stored.Tiles[id] = broken;
            Assert.Equal(id, Assert.Throws<LedgerCorruptException>(() => TiledTree.Open(Count, stored)).Tile);
        }

        stored.Tiles.Remove(id);
        LedgerCorruptException missing = Assert.Throws<LedgerCorruptException>(() => TiledTree.Open(Count, stored));
        Assert.Equal(id, missing.Tile);
        Assert.Contains(id.ToPath(), missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_on_the_right_edge_changes_the_root()
    {
        TreeHash root = TiledTree.Open(Count, Stored()).Root;
        foreach (TileId id in RightEdge)
        {
            StoredTiles stored = Stored();
            stored.Tiles[id] = Flip.Bit(stored.Tiles[id], 77);
            Assert.NotEqual(root, TiledTree.Open(Count, stored).Root);
        }
    }

    [Fact]
    public void A_flipped_bit_in_a_full_tile_is_found_before_any_proof_uses_it()
    {
        StoredTiles stored = Stored();
        foreach (TileId id in new TileId[] { new(0, 3), new(1, 0) })
        {
            byte[] whole = stored.Tiles[id];
            for (int bit = 0; bit < whole.Length * 8; bit += 4_001)
            {
                stored.Tiles[id] = Flip.Bit(whole, bit);
                TiledTree tree = TiledTree.Open(Count, stored);
                Assert.Equal(id, Assert.Throws<LedgerCorruptException>(() => tree.InclusionProof(3 * 256, Count)).Tile);
            }

            stored.Tiles[id] = whole;
        }
    }

    [Fact]
    public void A_missing_full_tile_is_named_and_the_tree_goes_on_once_it_is_back()
    {
        StoredTiles stored = Stored();
        var id = new TileId(0, 9);
        byte[] whole = stored.Tiles[id];
        TiledTree tree = TiledTree.Open(Count, stored);
        stored.Tiles.Remove(id);
        Assert.Equal(id, Assert.Throws<LedgerCorruptException>(() => tree.InclusionProof(9 * 256, Count)).Tile);
        stored.Tiles[id] = whole[..^32];
        Assert.Equal(id, Assert.Throws<LedgerCorruptException>(() => tree.InclusionProof(9 * 256, Count)).Tile);

        stored.Tiles[id] = whole;
        Assert.True(MerkleProof.VerifyInclusion(9 * 256, Count, TreeHash.FromBytes(whole.AsSpan(0, 32)), tree.InclusionProof(9 * 256, Count), tree.Root));
    }

    private static StoredTiles Stored()
    {
        var stored = new StoredTiles();
        stored.Grow(Rfc6962.Leaves(Count));
        return stored;
    }
}
