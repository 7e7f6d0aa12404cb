using System.Text;

namespace Gateway.Ledger.Tests;

public sealed class LogFrontierTests
{
    [Fact]
    public void The_root_is_that_of_the_whole_tree_at_every_size()
    {
        LogFrontier frontier = new();
        List<TreeHash> leaves = [];
        Assert.Equal((0ul, MerkleHash.EmptyRoot), (frontier.Size, frontier.Root));
        for (int i = 0; i < 300; i++)
        {
            TreeHash leaf = MerkleHash.Leaf(Encoding.ASCII.GetBytes($"leaf {i}"));
            leaves.Add(leaf);
            frontier.Append(leaf);
            Assert.Equal(((ulong)leaves.Count, MerkleHash.RootOf(leaves)), (frontier.Size, frontier.Root));
        }
    }

    [Fact]
    public void A_copy_goes_its_own_way()
    {
        LogFrontier frontier = new();
        for (int i = 0; i < 7; i++) frontier.Append(MerkleHash.Leaf([(byte)i]));
        TreeHash root = frontier.Root;
        LogFrontier copy = frontier.Copy();
        copy.Append(MerkleHash.Leaf([7]));
        Assert.Equal((7ul, root), (frontier.Size, frontier.Root));
        Assert.NotEqual(root, copy.Root);
        frontier.Append(MerkleHash.Leaf([7]));
        Assert.Equal(copy.Root, frontier.Root);
    }
}
