namespace Gateway.Ledger;

/// <summary>A tile of a log does not hold.</summary>
/// <param name="path">Its path below the log's address.</param>
/// <param name="what">What does not hold.</param>
public sealed class TileAuditException(string path, string what) : Exception($"{path}: {what}")
{
    /// <summary>Its path below the log's address.</summary>
    public string Path { get; } = path;
}

/// <summary>
/// Rebuilds a log from its entry bundles and compares every hash tile and the root with what the log publishes (C2SP tlog-tiles). Memory does not grow with the log: a few bundles under way, the
/// right edge, 8 MiB of tiles fetched for questions, and a cache of 2 MiB.
/// </summary>
/// <param name="source">Where the tiles are.</param>
/// <param name="size">Size of the log, from a checkpoint whose signature has been verified.</param>
public sealed class TileAudit(ITileSource source, ulong size)
{
    private const int UnderWay = 16, MostFetched = 1_024;

    private readonly FetchedTiles _fetched = new();

    /// <summary>
    /// The tree that the hash tiles make at a size up to the log's; read and hash what is asked of it. Compare its root with a signed one: the tiles prove nothing by themselves.
    /// </summary>
    /// <param name="at">The size.</param>
    /// <param name="ask">What is asked of the tree. It may be asked again while tiles are fetched, each time of another tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="TileUnavailableException">A tile cannot be had.</exception>
    /// <exception cref="TileAuditException">A tile does not fit the tree.</exception>
    public async Task<T> AskTreeAsync<T>(ulong at, Func<TiledTree, T> ask, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(ask);
        while (true)
        {
            try
            {
                return ask(TiledTree.Open(at, _fetched));
            }
            catch (TileWantedException wanted)
            {
                int width = WidthOf(wanted.Id.Level, wanted.Id.Index);
                _fetched.Add(wanted.Id, await source.ReadTileAsync(wanted.Id, width, cancellation).ConfigureAwait(false));
            }
            catch (LedgerCorruptException corrupt)
            {
                throw new TileAuditException(corrupt.Tile.ToPath(WidthOf(corrupt.Tile.Level, corrupt.Tile.Index)), "the hash tile does not fit the tree");
            }
        }
    }

    /// <summary>Verifies all leaves from a size on, whose root is known, and returns the root over all of them.</summary>
    /// <param name="from">What has been verified before; 0 for nothing.</param>
    /// <param name="fromRoot">Its root.</param>
    /// <param name="visit">Told of every leaf: index and data.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="TileUnavailableException">A tile cannot be had.</exception>
    /// <exception cref="TileAuditException">A bundle, a hash tile, or the tree of <paramref name="from"/> does not hold.</exception>
    public async Task<TreeHash> RunAsync(ulong from, TreeHash fromRoot, Action<ulong, ReadOnlyMemory<byte>>? visit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, size);
        TiledTree tree = await AskTreeAsync(from, opened => opened, cancellation).ConfigureAwait(false);
        if (tree.Root != fromRoot) throw new TileAuditException("tile", $"the hash tiles have another root at size {from} than was verified before");
        Queue<Task<(byte[] Bundle, byte[] Hashes)>> ahead = new();
        ulong next = from / TileId.FullWidth;
        try
        {
            for (ulong index = next; index * TileId.FullWidth < size && from < size; index++)
            {
                for (; ahead.Count < UnderWay && next * TileId.FullWidth < size; next++) ahead.Enqueue(FetchAsync(next, cancellation));
                (byte[] bundle, byte[] hashes) = await ahead.Dequeue().ConfigureAwait(false);
                Append(tree, index, bundle, visit);
                await CompareAsync(tree, index, hashes, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            // Nobody waits for what is still under way: its failures are nobody's either.
            foreach (Task late in ahead) _ = late.ContinueWith(ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        return tree.Root;
    }

    private async Task<(byte[] Bundle, byte[] Hashes)> FetchAsync(ulong index, CancellationToken cancellation)
    {
        int width = WidthOf(0, index);
        Task<byte[]> bundle = source.ReadBundleAsync(index, width, cancellation);
        Task<byte[]> hashes = source.ReadTileAsync(new TileId(0, index), width, cancellation);
        await Task.WhenAll(bundle, hashes).ConfigureAwait(false);
        return (await bundle.ConfigureAwait(false), await hashes.ConfigureAwait(false));
    }

    private void Append(TiledTree tree, ulong index, byte[] bundle, Action<ulong, ReadOnlyMemory<byte>>? visit)
    {
        int width = WidthOf(0, index);
        if (!EntryBundle.TryRead(bundle, width, out IReadOnlyList<ReadOnlyMemory<byte>>? leaves)) throw new TileAuditException(EntryBundle.ToPath(index, width), $"the bundle does not hold exactly {width} entries");
        ulong first = index * TileId.FullWidth;
        for (int i = (int)(tree.Size - first); i < width; i++)
        {
            tree.Append(MerkleHash.Leaf(leaves[i].Span));
            visit?.Invoke(first + (ulong)i, leaves[i]);
        }
    }

    private async Task CompareAsync(TiledTree tree, ulong bundle, byte[] hashes, CancellationToken cancellation)
    {
        foreach ((TileId id, byte[] computed) in tree.TakeChangedTiles())
        {
            // A partial tile is published at the log's right edge only; before it this one is still filling.
            int width = WidthOf(id.Level, id.Index);
            if (computed.Length != width * TreeHash.Size) continue;
            byte[] published = id.Level == 0 ? hashes : await source.ReadTileAsync(id, width, cancellation).ConfigureAwait(false);
            if (!published.AsSpan().SequenceEqual(computed))
            {
                throw new TileAuditException(id.ToPath(width), id.Level == 0 ? $"the hash tile is not that of the entries in {EntryBundle.ToPath(bundle, width)}" : "the hash tile is not that of the tiles below it");
            }
        }

        tree.Commit();
    }

    private int WidthOf(int level, ulong index)
    {
        ulong nodes = size >> (8 * level);
        return (int)Math.Min(nodes - Math.Min(nodes, index * TileId.FullWidth), TileId.FullWidth);
    }

    // The last so many, 8 MiB of them: far more than one question needs, which is a few a level.
    private sealed class FetchedTiles : ITileReader
    {
        private readonly Dictionary<TileId, byte[]> _tiles = [];
        private readonly Queue<TileId> _oldest = new();

        public void Add(TileId id, byte[] hashes)
        {
            if (_oldest.Count == MostFetched) _tiles.Remove(_oldest.Dequeue());
            _tiles.Add(id, hashes);
            _oldest.Enqueue(id);
        }

        public byte[] ReadTile(TileId id) => _tiles.TryGetValue(id, out byte[]? hashes) ? hashes : throw new TileWantedException(id);
    }

    private sealed class TileWantedException(TileId id) : Exception
    {
        public TileId Id { get; } = id;
    }
}
