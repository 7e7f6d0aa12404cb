using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Ledger.Tests;

public sealed class MerkleHashTests
{
    private static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    [Fact]
    public void The_eight_leaves_of_the_RFC_6962_test_tree_have_the_known_root()
    {
        TreeHash[] hashes = [.. Leaves.Select(leaf => MerkleHash.Leaf(Convert.FromHexString(leaf)))];
        Assert.Equal("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328", MerkleHash.RootOf(hashes).ToString());
    }

    [Fact]
    public void The_empty_tree_has_the_hash_of_nothing()
    {
        const string HashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        Assert.Equal(HashOfNothing, MerkleHash.EmptyRoot.ToString());
        Assert.Equal(MerkleHash.EmptyRoot, MerkleHash.RootOf([]));
        Assert.Equal(MerkleHash.EmptyRoot, MerkleHash.RootOf(new List<TreeHash>()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(49)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(100_000)]
    public void A_leaf_of_any_length_hashes_with_its_prefix(int length)
    {
        byte[] data = new byte[length];
        new System.Random(length).NextBytes(data);
        Assert.Equal(Rfc6962.LeafHash(data), MerkleHash.Leaf(data));
    }

    [Fact]
    public void Roots_equal_the_recursive_definition() =>
        Prop.ForAll(Gen.Choose(0, 700).ToArbitrary(), size =>
        {
            TreeHash[] leaves = Rfc6962.Leaves(size);
            TreeHash root = Rfc6962.Mth(leaves);
            return root == MerkleHash.RootOf(leaves.AsSpan()) && root == MerkleHash.RootOf(leaves.ToList());
        }).QuickCheckThrowOnFailure();
}
