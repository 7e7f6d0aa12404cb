using System.Buffers.Binary;
using System.Text;

namespace Gateway.Ledger.Tests;

/// <summary>A log that another implementation wrote, rebuilt from its entries (see vectors/README.md).</summary>
public sealed class GoldenLogTests
{
    private const int Size = 15;
    private const string VerifierKey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "vectors", "tlog", "golden-log");

    public static TheoryData<int> Checkpoints => [.. Enumerable.Range(0, Size + 1)];

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Each_checkpoint_is_signed_and_its_root_is_that_of_the_entries(int size)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Root, $"checkpoint.{size}"));
        Assert.True(SignedNote.TryParse(bytes, out SignedNote? note, out string? error), error);
        Assert.Equal(bytes, note.ToBytes());
        Assert.True(NoteKey.TryParse(VerifierKey, out NoteKey? key, out error), error);
        Assert.Equal(VerifierKey, key.ToString());
        Assert.True(note.IsSignedBy(new PublicTestKey(key)));

        Assert.True(Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out error), error);
        Assert.Equal(new Checkpoint("example.com/log/testdata", (ulong)size, Tree(Entries()).RootAt((ulong)size)), checkpoint);
        Assert.Equal(note.Text, checkpoint.ToText());
    }

    [Fact]
    public void Each_checkpoint_fails_when_any_bit_of_its_text_flips()
    {
        Assert.True(NoteKey.TryParse(VerifierKey, out NoteKey? key, out _));
        byte[] bytes = File.ReadAllBytes(Path.Combine(Root, "checkpoint.15"));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bool holds = SignedNote.TryParse(Flip.Bit(bytes, bit), out SignedNote? note, out _) && note.IsSignedBy(new PublicTestKey(key));
            Assert.False(holds, $"bit {bit}");
        }
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Our_tiles_are_the_same_bytes(int size)
    {
        TiledTree tree = Tree(Entries().AsSpan(0, size));
        IReadOnlyList<(TileId Id, byte[] Hashes)> tiles = tree.TakeChangedTiles();
        Assert.Equal(size == 0 ? 0 : 1, tiles.Count);
        foreach ((TileId id, byte[] hashes) in tiles)
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(Root, id.ToPath(size))), hashes);
        }
    }

    [Fact]
    public void A_tree_opened_on_its_tiles_has_the_same_roots()
    {
        TiledTree rebuilt = Tree(Entries());
        for (int size = 0; size <= Size; size++)
        {
            Assert.Equal(rebuilt.RootAt((ulong)size), TiledTree.Open((ulong)size, new GoldenTiles(size)).Root);
        }
    }

    [Fact]
    public void Every_bundle_is_a_prefix_of_the_last()
    {
        string[] all = Bundle(Size);
        for (int size = 1; size <= Size; size++)
        {
            Assert.Equal(all[..size], Bundle(size));
        }
    }

    [Fact]
    public void Every_entry_is_proven_in_and_every_tree_extends_every_earlier_one()
    {
        TreeHash[] entries = Entries();
        TiledTree tree = Tree(entries);
        for (ulong size = 1; size <= Size; size++)
        {
            TreeHash root = tree.RootAt(size);
            for (ulong index = 0; index < size; index++)
            {
                Assert.True(MerkleProof.VerifyInclusion(index, size, entries[index], tree.InclusionProof(index, size), root));
            }

            for (ulong earlier = 1; earlier <= size; earlier++)
            {
                Assert.True(MerkleProof.VerifyConsistency(earlier, size, tree.RootAt(earlier), root, tree.ConsistencyProof(earlier, size)));
            }
        }
    }

    private static TreeHash[] Entries() => [.. Bundle(Size).Select(entry => MerkleHash.Leaf(Encoding.UTF8.GetBytes(entry)))];

    private static TiledTree Tree(ReadOnlySpan<TreeHash> leaves)
    {
        TiledTree tree = TiledTree.Empty(new StoredTiles());
        tree.Append(leaves);
        return tree;
    }

    /// <summary>An entry bundle: each entry behind its length in two bytes.</summary>
    private static string[] Bundle(int width)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(Path.Combine(Root, "tile", "entries", "000.p", $"{width}"));
        var entries = new List<string>();
        while (!rest.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            entries.Add(Encoding.UTF8.GetString(rest.Slice(2, length)));
            rest = rest[(2 + length)..];
        }

        Assert.Equal(width, entries.Count);
        return [.. entries];
    }

    private sealed class GoldenTiles(int width) : ITileReader
    {
        public byte[]? ReadTile(TileId id) => File.ReadAllBytes(Path.Combine(Root, id.ToPath(width)));
    }
}
