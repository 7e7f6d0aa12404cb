using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Gateway.Ledger.Tests;

/// <summary>A log as it is published: hash tiles and bundles of entries of 49 bytes, by their paths.</summary>
internal sealed class PublishedTiles : ITileSource
{
    private readonly ConcurrentDictionary<string, int> _reads = new();

    private PublishedTiles(TiledTree tree, TreeHash[] leaves)
    {
        Tree = tree;
        Leaves = leaves;
    }

    public Dictionary<string, byte[]> Files { get; } = [];

    public TiledTree Tree { get; }

    public TreeHash[] Leaves { get; }

    public ICollection<string> Reads => _reads.Keys;

    public static PublishedTiles Of(int size, byte seed = 0)
    {
        byte[][] entries = [.. Enumerable.Range(0, size).Select(index => Entry(index, seed))];
        TreeHash[] leaves = [.. entries.Select(entry => MerkleHash.Leaf(entry))];
        TiledTree tree = TiledTree.Empty(new StoredTiles());
        tree.Append(leaves);
        PublishedTiles log = new(tree, leaves);
        foreach ((TileId id, byte[] hashes) in tree.TakeChangedTiles()) log.Files[id.ToPath(hashes.Length / TreeHash.Size)] = hashes;
        foreach (byte[][] chunk in entries.Chunk(TileId.FullWidth))
        {
            using MemoryStream bundle = new();
            foreach (byte[] entry in chunk) EntryBundle.Write(bundle, entry);
            log.Files[EntryBundle.ToPath((ulong)log.Files.Keys.Count(path => path.StartsWith("tile/entries/", StringComparison.Ordinal)), chunk.Length)] = bundle.ToArray();
        }

        return log;
    }

    public Task<byte[]> ReadTileAsync(TileId id, int width, CancellationToken cancellation) => ReadAsync(id.ToPath(width));

    public Task<byte[]> ReadBundleAsync(ulong index, int width, CancellationToken cancellation) => ReadAsync(EntryBundle.ToPath(index, width));

    private Task<byte[]> ReadAsync(string path)
    {
        _reads.AddOrUpdate(path, 1, (_, count) => count + 1);
        return Files.TryGetValue(path, out byte[]? bytes) ? Task.FromResult(bytes) : Task.FromException<byte[]>(new TileUnavailableException(path, "there is none"));
    }

    private static byte[] Entry(int index, byte seed) => [1, .. SHA256.HashData([seed, .. BitConverter.GetBytes(index)]), .. SHA256.HashData(BitConverter.GetBytes(index)).AsSpan(0, 16)];
}
