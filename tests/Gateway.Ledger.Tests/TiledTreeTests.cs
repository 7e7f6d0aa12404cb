namespace Gateway.Ledger.Tests;

public sealed class TiledTreeTests
{
    [Fact]
    public void The_empty_tree_is_the_hash_of_nothing_and_reads_nothing()
    {
        var stored = new StoredTiles();
        TiledTree tree = TiledTree.Open(0, stored);

        Assert.Equal(0UL, tree.Size);
        Assert.Equal(MerkleHash.EmptyRoot, tree.Root);
        Assert.Empty(tree.TakeChangedTiles());
        Assert.Empty(stored.Reads);
    }

    [Fact]
    public void A_partial_tile_is_given_again_wider_and_an_unchanged_one_not_at_all()
    {
        TreeHash[] leaves = Rfc6962.Leaves(600);
        var stored = new StoredTiles();
        TiledTree tree = stored.Grow(leaves.AsSpan(0, 300));
        Assert.Equal([new TileId(0, 0), new TileId(0, 1), new TileId(1, 0)], stored.Tiles.Keys);

        tree.Append(leaves.AsSpan(300, 5));
        (TileId id, byte[] hashes) = Assert.Single(tree.TakeChangedTiles());
        Assert.Equal((new TileId(0, 1), 49 * 32), (id, hashes.Length));
        Assert.Equal(leaves[304].ToArray(), hashes[^32..]);
        Assert.Empty(tree.TakeChangedTiles());

        tree.Append(leaves.AsSpan(305));
        Assert.Equal([(new TileId(0, 1), 8192), (new TileId(0, 2), 88 * 32), (new TileId(1, 0), 64)],
            tree.TakeChangedTiles().Select(tile => (tile.Id, tile.Hashes.Length)));
    }

    [Fact]
    public void Committing_leaves_whose_tiles_were_not_taken_is_refused()
    {
        TiledTree tree = TiledTree.Empty(new StoredTiles());
        tree.Append(Rfc6962.Leaves(3));
        Assert.Throws<InvalidOperationException>(tree.Commit);

        Assert.Single(tree.TakeChangedTiles());
        tree.Commit();
        Assert.Equal(3UL, tree.Size);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 300)]
    [InlineData(255, 1)]
    [InlineData(256, 256)]
    [InlineData(300, 3)]
    [InlineData(65_500, 100)]
    [InlineData(65_536, 70_000)]
    public void Rollback_forgets_the_appended_leaves_and_the_tree_goes_on_as_if_they_never_were(int before, int lost)
    {
        TreeHash[] leaves = Rfc6962.Leaves(before + 700);
        var stored = new StoredTiles();
        TiledTree tree = stored.Grow(leaves.AsSpan(0, before));
        TreeHash root = tree.Root;

        tree.Append(Rfc6962.Leaves(lost, seed: 7));
        tree.TakeChangedTiles();
        tree.Append(Rfc6962.Leaves(1, seed: 8));
        tree.Rollback();
        Assert.Equal((ulong)before, tree.Size);
        Assert.Equal(root, tree.Root);
        Assert.Empty(tree.TakeChangedTiles());

        tree.Append(leaves.AsSpan(before));
        Assert.Equal(Rfc6962.Mth(leaves), tree.Root);
        stored.Persist(tree);
        Assert.Equal(new StoredTiles().Grow(leaves).Root, TiledTree.Open(tree.Size, stored).Root);
    }

    [Fact]
    public void Proofs_of_leaves_that_are_not_committed_yet_read_nothing()
    {
        var stored = new StoredTiles();
        TreeHash[] leaves = Rfc6962.Leaves(70_000);
        TiledTree tree = stored.Grow(leaves.AsSpan(0, 66_000));
        stored.Reads.Clear();

        tree.Append(leaves.AsSpan(66_000));
        for (ulong index = 66_000; index < 70_000; index++)
        {
            Assert.True(MerkleProof.VerifyInclusion(index, 70_000, leaves[index], tree.InclusionProof(index, 70_000), tree.Root));
        }

        Assert.Empty(stored.Reads);
    }

    [Fact]
    public void Opening_reads_one_tile_a_level_and_proofs_read_each_tile_once()
    {
        var stored = new StoredTiles();
        TreeHash[] leaves = Rfc6962.Leaves(65_536 + 256 + 5);
        stored.Grow(leaves);
        stored.Reads.Clear();

        TiledTree tree = TiledTree.Open((ulong)leaves.Length, stored);
        Assert.Equal([new TileId(0, 257), new TileId(1, 1), new TileId(2, 0)], stored.Reads);

        stored.Reads.Clear();
        for (ulong index = 512; index < 768; index++)
        {
            Assert.True(MerkleProof.VerifyInclusion(index, tree.Size, leaves[index], tree.InclusionProof(index, tree.Size), tree.Root));
        }

        Assert.Equal([new TileId(0, 2), new TileId(1, 0)], stored.Reads);
    }

    [Fact]
    public void A_cache_of_one_tile_gives_the_same_proofs_as_a_large_one()
    {
        var stored = new StoredTiles();
        TreeHash[] leaves = Rfc6962.Leaves(66_000);
        stored.Grow(leaves);
        TiledTree tree = TiledTree.Open(66_000, stored, cachedTiles: 1);
        for (ulong index = 0; index < 66_000; index += 977)
        {
            Assert.True(MerkleProof.VerifyInclusion(index, 66_000, leaves[index], tree.InclusionProof(index, 66_000), tree.Root));
        }
    }

    [Fact]
    public void A_tree_opened_for_reading_stays_valid_while_the_log_grows()
    {
        var stored = new StoredTiles();
        TreeHash[] leaves = Rfc6962.Leaves(3_000);
        TiledTree writer = stored.Grow(leaves.AsSpan(0, 1_000));
        TiledTree reader = TiledTree.Open(1_000, stored);
        TreeHash root = reader.Root;

        writer.Append(leaves.AsSpan(1_000));
        stored.Persist(writer);

        Assert.Equal(root, reader.Root);
        for (ulong index = 0; index < 1_000; index += 13)
        {
            Assert.True(MerkleProof.VerifyInclusion(index, 1_000, leaves[index], reader.InclusionProof(index, 1_000), root));
        }

        Assert.Equal(root, TiledTree.Open(1_000, stored).Root);
    }

    [Fact]
    public void Sizes_and_indices_beyond_the_tree_are_refused()
    {
        TiledTree tree = new StoredTiles().Grow(Rfc6962.Leaves(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.RootAt(11));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.InclusionProof(0, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.InclusionProof(5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.InclusionProof(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.ConsistencyProof(0, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.ConsistencyProof(6, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.ConsistencyProof(5, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => TiledTree.Empty(new StoredTiles(), cachedTiles: 0));
    }
}
