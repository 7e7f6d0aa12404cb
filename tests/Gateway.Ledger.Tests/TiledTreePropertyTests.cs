using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Ledger.Tests;

public sealed class TiledTreePropertyTests
{
    private static Gen<int> Sizes => Gen.OneOf(Gen.Choose(1, 40), Gen.Choose(1, 900), Gen.Elements(255, 256, 257, 511, 512, 513));

    private static Gen<int> Numbers => Gen.Choose(0, int.MaxValue);

    [Fact]
    public void Every_earlier_root_equals_the_recursive_definition() =>
        Check(Sizes, 40, size =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(size, seed: size);
            TiledTree tree = new StoredTiles().Grow(leaves);
            return Enumerable.Range(0, size + 1).All(n => tree.RootAt((ulong)n) == Rfc6962.Mth(leaves.AsSpan(0, n)));
        });

    [Fact]
    public void Appending_in_any_batches_with_failures_and_restarts_between_gives_the_same_tree_and_tiles() =>
        Check(Gen.ListOf(Gen.Zip(Gen.Choose(0, 700), Gen.Choose(0, 2))), 60, run =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(run.Sum(step => step.Item1));
            var stored = new StoredTiles();
            TiledTree tree = TiledTree.Empty(stored, cachedTiles: 2);
            int size = 0;
            foreach ((int count, int fate) in run)
            {
                tree.Append(leaves.AsSpan(size, count));
                switch (fate)
                {
                    case 0: // the transaction holds
                        stored.Persist(tree);
                        size += count;
                        break;
                    case 1: // it fails
                        tree.TakeChangedTiles();
                        tree.Rollback();
                        break;
                    default: // it holds, and the process starts anew
                        stored.Persist(tree);
                        size += count;
                        tree = TiledTree.Open((ulong)size, stored, cachedTiles: 2);
                        break;
                }
            }

            var straight = new StoredTiles();
            straight.Grow(leaves.AsSpan(0, size));
            return tree.Size == (ulong)size && tree.Root == Rfc6962.Mth(leaves.AsSpan(0, size)) &&
                stored.Tiles.Count == straight.Tiles.Count && stored.Tiles.All(tile => tile.Value.AsSpan().SequenceEqual(straight.Tiles[tile.Key]));
        });

    [Fact]
    public void Inclusion_proofs_equal_the_recursive_definition_and_verify() =>
        Check(from count in Sizes from first in Numbers from second in Numbers select (count, first, second), 200, draw =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(draw.count);
            int size = 1 + (draw.first % draw.count);
            int index = draw.second % size;
            IReadOnlyList<TreeHash> proof = Reopened(leaves).InclusionProof((ulong)index, (ulong)size);
            return proof.SequenceEqual(Rfc6962.Path(index, leaves.AsSpan(0, size))) &&
                MerkleProof.VerifyInclusion((ulong)index, (ulong)size, leaves[index], proof, Rfc6962.Mth(leaves.AsSpan(0, size)));
        });

    [Fact]
    public void Consistency_proofs_equal_the_recursive_definition_and_verify() =>
        Check(from count in Sizes from first in Numbers from second in Numbers select (count, first, second), 200, draw =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(draw.count);
            int size2 = 1 + (draw.first % draw.count);
            int size1 = 1 + (draw.second % size2);
            IReadOnlyList<TreeHash> proof = Reopened(leaves).ConsistencyProof((ulong)size1, (ulong)size2);
            TreeHash root1 = Rfc6962.Mth(leaves.AsSpan(0, size1));
            TreeHash root2 = Rfc6962.Mth(leaves.AsSpan(0, size2));
            return proof.SequenceEqual(Rfc6962.Proof(size1, leaves.AsSpan(0, size2))) &&
                MerkleProof.VerifyConsistency((ulong)size1, (ulong)size2, root1, root2, proof);
        });

    // The size of an inclusion proof and the second size of a consistency proof are not asserted here: one path may fit several sizes. The signed
    // checkpoint binds them to the root.
    [Fact]
    public void An_inclusion_proof_fails_when_any_bit_of_it_flips() =>
        Check(from count in Sizes from first in Numbers select (count, first), 25, draw =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(draw.count);
            ulong size = (ulong)draw.count;
            ulong index = (ulong)(draw.first % draw.count);
            TiledTree tree = new StoredTiles().Grow(leaves);
            TreeHash[] proof = [.. tree.InclusionProof(index, size)];
            TreeHash leaf = leaves[index];
            TreeHash root = tree.Root;
            return Enumerable.Range(0, 64).All(bit => !MerkleProof.VerifyInclusion(index ^ (1UL << bit), size, leaf, proof, root)) &&
                Enumerable.Range(0, 256).All(bit =>
                    !MerkleProof.VerifyInclusion(index, size, Flip.Bit(leaf, bit), proof, root) &&
                    !MerkleProof.VerifyInclusion(index, size, leaf, proof, Flip.Bit(root, bit))) &&
                Damaged(proof).All(damaged => !MerkleProof.VerifyInclusion(index, size, leaf, damaged, root));
        });

    [Fact]
    public void A_consistency_proof_fails_when_any_bit_of_it_flips() =>
        Check(from count in Sizes from first in Numbers select (count, first), 25, draw =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(draw.count);
            ulong size2 = (ulong)draw.count;
            ulong size1 = 1 + (ulong)(draw.first % draw.count);
            TiledTree tree = new StoredTiles().Grow(leaves);
            TreeHash[] proof = [.. tree.ConsistencyProof(size1, size2)];
            TreeHash root1 = tree.RootAt(size1);
            TreeHash root2 = tree.Root;
            return Enumerable.Range(0, 64).All(bit => !MerkleProof.VerifyConsistency(size1 ^ (1UL << bit), size2, root1, root2, proof)) &&
                Enumerable.Range(0, 256).All(bit =>
                    !MerkleProof.VerifyConsistency(size1, size2, Flip.Bit(root1, bit), root2, proof) &&
                    !MerkleProof.VerifyConsistency(size1, size2, root1, Flip.Bit(root2, bit), proof)) &&
                Damaged(proof).All(damaged => !MerkleProof.VerifyConsistency(size1, size2, root1, root2, damaged));
        });

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public void Around_the_tile_borders_roots_tiles_and_proofs_hold(int count)
    {
        TreeHash[] leaves = Rfc6962.Leaves(count);
        TiledTree tree = Reopened(leaves);
        ulong size = (ulong)count;
        Assert.Equal(Rfc6962.Mth(leaves), tree.Root);
        foreach (int index in new[] { 0, 1, 127, 128, 254, count / 2, count - 2, count - 1 })
        {
            Assert.Equal(Rfc6962.Path(index, leaves), tree.InclusionProof((ulong)index, size));
        }

        foreach (int size1 in new[] { 1, 2, 128, 254, 255, count / 2, count - 1, count })
        {
            Assert.Equal(Rfc6962.Mth(leaves.AsSpan(0, size1)), tree.RootAt((ulong)size1));
            Assert.Equal(Rfc6962.Proof(size1, leaves), tree.ConsistencyProof((ulong)size1, size));
        }

        // The next leaf after a restart lands where it belongs.
        TreeHash[] more = Rfc6962.Leaves(count + 2);
        tree.Append(more.AsSpan(count));
        Assert.Equal(Rfc6962.Mth(more), tree.Root);
    }

    /// <summary>Every proof with one bit flipped, one hash missing, doubled, added, or two neighbours exchanged.</summary>
    private static IEnumerable<TreeHash[]> Damaged(TreeHash[] proof)
    {
        yield return [.. proof, MerkleHash.EmptyRoot];
        yield return [MerkleHash.EmptyRoot, .. proof];
        for (int i = 0; i < proof.Length; i++)
        {
            yield return [.. proof[..i], .. proof[(i + 1)..]];
            yield return [.. proof[..i], proof[i], .. proof[i..]];
            if (i > 0)
            {
                yield return [.. proof[..(i - 1)], proof[i], proof[i - 1], .. proof[(i + 1)..]];
            }

            for (int bit = 0; bit < 256; bit++)
            {
                yield return [.. proof[..i], Flip.Bit(proof[i], bit), .. proof[(i + 1)..]];
            }
        }
    }

    private static TiledTree Reopened(TreeHash[] leaves)
    {
        var stored = new StoredTiles();
        stored.Grow(leaves);
        return TiledTree.Open((ulong)leaves.Length, stored, cachedTiles: 1);
    }

    private static void Check<T>(Gen<T> draws, int count, Func<T, bool> holds) =>
        Prop.ForAll(draws.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(count));
}
