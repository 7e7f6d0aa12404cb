namespace Gateway.Ledger.Tests;

public sealed class TileAuditTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "vectors", "tlog", "golden-log");

    public static TheoryData<int> Sizes => [1, 2, 255, 256, 257, 511, 513, 65_535, 65_537];

    [Fact]
    public async Task The_log_that_another_implementation_wrote_is_rebuilt_from_its_bundles_and_tiles()
    {
        for (int size = 1; size <= 15; size++)
        {
            Assert.True(SignedNote.TryParse(File.ReadAllBytes(Path.Combine(Golden, $"checkpoint.{size}")), out SignedNote? note, out _));
            Assert.True(Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out _));
            int seen = 0;
            Assert.Equal(checkpoint.Root, await new TileAudit(new GoldenFolder(), checkpoint.Size).RunAsync(0, MerkleHash.EmptyRoot, (_, _) => seen++, CancellationToken.None));
            Assert.Equal(size, seen);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Our_tiles_hold_at_every_size_and_so_does_every_proof(int size)
    {
        PublishedTiles log = PublishedTiles.Of(size);
        List<ulong> visited = [];
        TileAudit audit = new(log, (ulong)size);
        Assert.Equal(log.Tree.Root, await audit.RunAsync(0, MerkleHash.EmptyRoot, (index, _) => visited.Add(index), CancellationToken.None));
        Assert.Equal(size, visited.Count);
        Assert.Equal(Enumerable.Range(0, size).Select(index => (ulong)index), visited);
        Assert.Equal(log.Files.Keys.ToHashSet(), log.Reads.ToHashSet());

        TreeHash root = log.Tree.Root;
        for (ulong index = 0; index < (ulong)size; index++)
        {
            Assert.True(MerkleProof.VerifyInclusion(index, (ulong)size, log.Leaves[index], log.Tree.InclusionProof(index, (ulong)size), root), $"leaf {index}");
            ulong earlier = index + 1;
            Assert.True(MerkleProof.VerifyConsistency(earlier, (ulong)size, log.Tree.RootAt(earlier), root, log.Tree.ConsistencyProof(earlier, (ulong)size)), $"size {earlier}");
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(255, 256)]
    [InlineData(256, 257)]
    [InlineData(300, 70_000)]
    [InlineData(65_536, 65_537)]
    [InlineData(65_537, 65_537)]
    public async Task A_second_audit_reads_only_what_is_new_and_the_right_edge(int before, int after)
    {
        PublishedTiles log = PublishedTiles.Of(after);
        TreeHash root = log.Tree.RootAt((ulong)before);
        Assert.Equal(log.Tree.Root, await new TileAudit(log, (ulong)after).RunAsync((ulong)before, root, null, CancellationToken.None));
        int bundles = after == before ? 0 : ((after - 1) / 256) - (before / 256) + 1;
        Assert.Equal(bundles, log.Reads.Count(path => path.StartsWith("tile/entries/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Roots_and_proofs_of_earlier_sizes_come_from_the_hash_tiles_alone()
    {
        PublishedTiles log = PublishedTiles.Of(70_000);
        TileAudit audit = new(log, 70_000);
        foreach (ulong size in (ulong[])[1, 255, 256, 257, 65_535, 65_536, 69_999])
        {
            IReadOnlyList<TreeHash> proof = await audit.AskTreeAsync(70_000, tree => tree.ConsistencyProof(size, 70_000), CancellationToken.None);
            Assert.True(MerkleProof.VerifyConsistency(size, 70_000, log.Tree.RootAt(size), log.Tree.Root, proof));
            Assert.Equal(log.Tree.RootAt(size), await audit.AskTreeAsync(size, tree => tree.Root, CancellationToken.None));
        }

        Assert.DoesNotContain(log.Reads, path => path.StartsWith("tile/entries/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whatever_byte_is_changed_the_audit_names_the_tile()
    {
        Random random = new(5);
        PublishedTiles log = PublishedTiles.Of(70_000);
        foreach (string path in log.Files.Keys.Order(StringComparer.Ordinal).Where((_, place) => place % 37 == 0).Append("tile/2/000.p/1").Append("tile/1/000").Append("tile/1/001.p/17").Distinct().ToArray())
        {
            byte[] before = log.Files[path], changed = [.. before];
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            log.Files[path] = changed;
            TileAuditException fault = await Assert.ThrowsAsync<TileAuditException>(() => new TileAudit(log, 70_000).RunAsync(0, MerkleHash.EmptyRoot, null, CancellationToken.None));
            Assert.Contains(path, fault.Message, StringComparison.Ordinal);
            log.Files[path] = before;
        }
    }

    [Fact]
    public async Task A_tile_that_cannot_be_had_is_named()
    {
        PublishedTiles log = PublishedTiles.Of(1_000);
        log.Files.Remove("tile/entries/002");
        Assert.Equal("tile/entries/002", (await Assert.ThrowsAsync<TileUnavailableException>(() => new TileAudit(log, 1_000).RunAsync(0, MerkleHash.EmptyRoot, null, CancellationToken.None))).Path);
    }

    [Fact]
    public async Task A_log_that_is_not_the_one_audited_before_is_refused()
    {
        PublishedTiles log = PublishedTiles.Of(1_000), other = PublishedTiles.Of(1_000, seed: 1);
        await Assert.ThrowsAsync<TileAuditException>(() => new TileAudit(other, 1_000).RunAsync(600, log.Tree.RootAt(600), null, CancellationToken.None));
    }

    [Theory]
    [InlineData("tile/entries/000")]
    [InlineData("tile/entries/x001/x234/067.p/255")]
    public void Paths_of_bundles_have_one_spelling(string path)
    {
        Assert.True(EntryBundle.TryParsePath(path, out ulong index, out int width));
        Assert.Equal(path, EntryBundle.ToPath(index, width));
        foreach (string odd in (string[])[path + "/", path.Replace("entries", "Entries", StringComparison.Ordinal), path.Replace("tile/entries/", "tile/0/", StringComparison.Ordinal), path + ".p/256", "", "tile/entries/"]) Assert.False(EntryBundle.TryParsePath(odd, out _, out _), odd);
        Assert.False(EntryBundle.TryParsePath(null, out _, out _));
    }

    [Fact]
    public void The_smaller_root_that_a_proof_speaks_of_is_told_for_all_sizes_but_powers_of_two()
    {
        TiledTree tree = PublishedTiles.Of(300).Tree;
        for (ulong smaller = 1; smaller < 300; smaller++)
        {
            for (ulong larger = smaller + 1; larger <= 300; larger += 7)
            {
                TreeHash? told = MerkleProof.SmallerRootOf(smaller, larger, tree.ConsistencyProof(smaller, larger));
                Assert.Equal(ulong.IsPow2(smaller) ? null : tree.RootAt(smaller), told);
            }
        }
    }

    private sealed class GoldenFolder : ITileSource
    {
        public Task<byte[]> ReadTileAsync(TileId id, int width, CancellationToken cancellation) => File.ReadAllBytesAsync(Path.Combine(Golden, id.ToPath(width)), cancellation);

        public Task<byte[]> ReadBundleAsync(ulong index, int width, CancellationToken cancellation) => File.ReadAllBytesAsync(Path.Combine(Golden, EntryBundle.ToPath(index, width)), cancellation);
    }
}
