namespace Gateway.Ledger;

/// <summary>
/// The log's append-only Merkle tree (RFC 9162), kept as C2SP tiles. In memory are the right edge (one 16 KiB tile a level), the tiles
/// completed since the last <see cref="Commit"/>, and a bounded cache of full tiles; all else is read through <see cref="ITileReader"/>
/// when a proof needs it. A full tile that is read must hash to its node in the tile above, so every node a proof gives out is covered by
/// the right edge; whoever opens a tree compares <see cref="Root"/> with a signed checkpoint, which covers the edge.
/// </summary>
/// <remarks>
/// <para>To extend: <see cref="Append(TreeHash)"/>, <see cref="TakeChangedTiles"/>, store tiles and entries in one transaction, then
/// <see cref="Commit"/>; when the transaction fails, <see cref="Rollback"/>. Roots and proofs count appended leaves at once.</para>
/// <para>Not thread-safe: one sequencer owns it, and even a proof changes the cache. To give proofs on another thread, open a second tree
/// there at a committed size. It stays valid while the log grows, because stored tiles only widen, and costs a tile a level to open.</para>
/// </remarks>
public sealed class TiledTree
{
    /// <summary>Full tiles kept expanded unless the caller says otherwise: 2 MiB.</summary>
    public const int DefaultCachedTiles = 128;

    private readonly ITileReader _stored;
    private readonly TileCache _cache;

    // Roots over what lies right of a place, up to the end that was asked for last: the proofs of a batch, which all end there, share them. At most one for each level.
    private readonly Dictionary<ulong, TreeHash> _ranges = [];
    private ulong _rangesEnd;
    private readonly List<ExpandedTile> _edge = [];
    private readonly Dictionary<TileId, ExpandedTile> _completed = [];
    private ulong _committed;
    private ulong _taken;

    private TiledTree(ulong size, ITileReader tiles, int cachedTiles)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        ArgumentOutOfRangeException.ThrowIfLessThan(cachedTiles, 1);
        _stored = tiles;
        _cache = new TileCache(cachedTiles);
        Size = _committed = _taken = size;
    }

    /// <summary>The number of leaves.</summary>
    public ulong Size { get; private set; }

    /// <summary>The root over all leaves.</summary>
    public TreeHash Root => RootAt(Size);

    /// <summary>A tree without leaves.</summary>
    /// <param name="tiles">Read later, for tiles that were committed and then left the cache.</param>
    /// <param name="cachedTiles">How many full tiles to keep expanded, 16 KiB each.</param>
    public static TiledTree Empty(ITileReader tiles, int cachedTiles = DefaultCachedTiles) => new(0, tiles, cachedTiles);

    /// <summary>
    /// The tree of the first <paramref name="size"/> stored leaves; reads only the right edge, at most one tile a level. Tiles stored wider
    /// than that size needs are cut. Compare <see cref="Root"/> with a checkpoint before relying on it.
    /// </summary>
    /// <exception cref="LedgerCorruptException">A tile of the right edge is missing, too short or not a whole number of hashes.</exception>
    public static TiledTree Open(ulong size, ITileReader tiles, int cachedTiles = DefaultCachedTiles)
    {
        var tree = new TiledTree(size, tiles, cachedTiles);
        for (int level = 0; NodesAt(level, size) > 0; level++)
        {
            ulong nodes = NodesAt(level, size);
            int width = (int)(nodes % TileId.FullWidth);
            tree._edge.Add(width == 0 ? new ExpandedTile() : tree.Read(new TileId(level, nodes / TileId.FullWidth), width));
        }

        return tree;
    }

    /// <summary>The root over the first <paramref name="size"/> leaves.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree is smaller.</exception>
    public TreeHash RootAt(ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return size == 0 ? MerkleHash.EmptyRoot : RootOfRange(0, size);
    }

    /// <summary>Adds a leaf, given its hash (<see cref="MerkleHash.Leaf"/>).</summary>
    public void Append(TreeHash leafHash)
    {
        TreeHash hash = leafHash;
        for (int level = 0; ; level++)
        {
            if (level == _edge.Count)
            {
                _edge.Add(new ExpandedTile());
            }

            ExpandedTile tile = _edge[level];
            tile.Push(hash);
            if (!tile.IsFull)
            {
                break;
            }

            _completed.Add(new TileId(level, TileIndex(level, Size)), tile);
            _edge[level] = new ExpandedTile();
            hash = tile.Root;
        }

        Size++;
    }

    /// <summary>Adds leaves in order.</summary>
    public void Append(ReadOnlySpan<TreeHash> leafHashes)
    {
        foreach (ref readonly TreeHash leafHash in leafHashes)
        {
            Append(leafHash);
        }
    }

    /// <summary>
    /// The tiles changed since the last call, or since <see cref="Commit"/> or <see cref="Rollback"/> if later, as they stand now:
    /// width × 32 bytes each, lowest level first, then left to right. A partial tile comes again, wider, as it fills; storing it replaces
    /// the narrower one.
    /// </summary>
    public IReadOnlyList<(TileId Id, byte[] Hashes)> TakeChangedTiles()
    {
        var changed = new List<(TileId Id, byte[] Hashes)>();
        for (int level = 0; NodesAt(level, Size) > NodesAt(level, _taken); level++)
        {
            ulong nodes = NodesAt(level, Size);
            for (ulong index = TileIndex(level, _taken); index * TileId.FullWidth < nodes; index++)
            {
                var id = new TileId(level, index);
                changed.Add((id, TileAt(id).ToArray((int)ulong.Min(nodes - (index * TileId.FullWidth), TileId.FullWidth))));
            }
        }

        _taken = Size;
        return changed;
    }

    /// <summary>Says that everything <see cref="TakeChangedTiles"/> gave out is stored and can be read back. Such leaves stay for good.</summary>
    /// <exception cref="InvalidOperationException">Leaves were appended after the tiles were taken: they would be lost.</exception>
    public void Commit()
    {
        if (_taken != Size)
        {
            throw new InvalidOperationException(
                $"The tree has {Size} leaves but its tiles were taken at {_taken}: take and store the changed tiles before committing.");
        }

        foreach ((TileId id, ExpandedTile tile) in _completed)
        {
            _cache.Add(id, tile);
        }

        _completed.Clear();
        _committed = Size;
    }

    /// <summary>Drops every leaf appended since the last <see cref="Commit"/> (or since the tree was opened). Reads and hashes nothing.</summary>
    public void Rollback()
    {
        for (int level = 0; level < _edge.Count; level++)
        {
            ulong index = TileIndex(level, _committed);
            if (index != TileIndex(level, Size))
            {
                _edge[level] = _completed[new TileId(level, index)];
            }

            _edge[level].Truncate((int)(NodesAt(level, _committed) % TileId.FullWidth));
        }

        _completed.Clear();
        _ranges.Clear();
        Size = _taken = _committed;
    }

    /// <summary>The proof that leaf <paramref name="index"/> is in the tree of the first <paramref name="size"/> leaves (RFC 9162 §2.1.3.1), lowest node first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has fewer than <paramref name="size"/> leaves, or those do not reach the index.</exception>
    /// <exception cref="LedgerCorruptException">A tile that the proof needs is missing or damaged.</exception>
    public IReadOnlyList<TreeHash> InclusionProof(ulong index, ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<TreeHash>(BitLength(size));
        AddPath(proof, 0, index, size);
        return proof;
    }

    /// <summary>
    /// The proof that the tree of the first <paramref name="size2"/> leaves extends that of the first <paramref name="size1"/> (RFC 9162 §2.1.4.1);
    /// empty for equal sizes.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size1"/> is 0 or above <paramref name="size2"/>, or the tree is smaller than that.</exception>
    /// <exception cref="LedgerCorruptException">A tile that the proof needs is missing or damaged.</exception>
    public IReadOnlyList<TreeHash> ConsistencyProof(ulong size1, ulong size2)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size2, Size);
        ArgumentOutOfRangeException.ThrowIfZero(size1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size1, size2);
        var proof = new List<TreeHash>(BitLength(size2) + 1);
        if (size1 == size2)
        {
            return proof;
        }

        // Both trees share the complete subtree that ends at size1; the verifier has it already when it is the whole first tree.
        int level = (int)ulong.TrailingZeroCount(size1);
        ulong index = (size1 - 1) >> level;
        if (index != 0)
        {
            proof.Add(NodeAt(level, index));
        }

        AddPath(proof, level, index, size2);
        return proof;
    }

    /// <summary>Adds the siblings from a complete node up to the root of the first <paramref name="size"/> leaves.</summary>
    private void AddPath(List<TreeHash> proof, int level, ulong index, ulong size)
    {
        // Below the height where the node's way and the right edge's meet every sibling is complete; there it is all that lies to the right;
        // above only left siblings remain.
        ulong last = (size - 1) >> level;
        int meeting = BitLength(index ^ last);
        for (int up = 0; up < meeting - 1; up++)
        {
            proof.Add(NodeAt(level + up, (index >> up) ^ 1));
        }

        if (meeting > 0)
        {
            proof.Add(RootOfRange((last >> (meeting - 1)) << (level + meeting - 1), size));
        }

        for (int up = meeting; up < BitLength(index); up++)
        {
            if (((index >> up) & 1) == 1)
            {
                proof.Add(NodeAt(level + up, (index >> up) - 1));
            }
        }
    }

    /// <summary>The root over the leaves from <paramref name="begin"/> to <paramref name="end"/>, where a subtree begins at <paramref name="begin"/>.</summary>
    private TreeHash RootOfRange(ulong begin, ulong end)
    {
        if (end != _rangesEnd)
        {
            _ranges.Clear();
            _rangesEnd = end;
        }

        if (_ranges.TryGetValue(begin, out TreeHash known))
        {
            return known;
        }

        TreeHash root = HashRange(begin, end);
        _ranges.Add(begin, root);
        return root;
    }

    private TreeHash HashRange(ulong begin, ulong end)
    {
        // Right to left: the lowest bit of what is left is the rightmost complete subtree.
        int level = (int)ulong.TrailingZeroCount(end - begin);
        end -= 1UL << level;
        TreeHash root = NodeAt(level, end >> level);
        while (end > begin)
        {
            level = (int)ulong.TrailingZeroCount(end - begin);
            end -= 1UL << level;
            root = MerkleHash.Node(NodeAt(level, end >> level), root);
        }

        return root;
    }

    /// <summary>The node over the complete subtree of leaves index·2^level to (index + 1)·2^level.</summary>
    private TreeHash NodeAt(int level, ulong index)
    {
        (int tileLevel, int row) = int.DivRem(level, 8);
        int shift = 8 - row;
        return TileAt(new TileId(tileLevel, index >> shift)).Node(row, (int)(index & ((1UL << shift) - 1)));
    }

    private ExpandedTile TileAt(TileId id)
    {
        if (id.Index == TileIndex(id.Level, Size))
        {
            return _edge[id.Level];
        }

        if (_completed.TryGetValue(id, out ExpandedTile? tile) || _cache.TryGet(id, out tile))
        {
            return tile;
        }

        tile = Read(id, TileId.FullWidth);
        if (tile.Root != NodeAt(8 * (id.Level + 1), id.Index))
        {
            throw new LedgerCorruptException(id, "does not hash to its node in the tile above");
        }

        _cache.Add(id, tile);
        return tile;
    }

    private ExpandedTile Read(TileId id, int width)
    {
        byte[] hashes = _stored.ReadTile(id) ?? throw new LedgerCorruptException(id, "is missing");
        if (hashes.Length % TreeHash.Size != 0 || hashes.Length > TileId.FullSize)
        {
            throw new LedgerCorruptException(id, $"has {hashes.Length} bytes, which is not a number of hashes from 1 to {TileId.FullWidth}");
        }

        return hashes.Length >= width * TreeHash.Size
            ? ExpandedTile.From(hashes.AsSpan(0, width * TreeHash.Size))
            : throw new LedgerCorruptException(id, $"has {hashes.Length / TreeHash.Size} hashes where the tree needs {width}");
    }

    private static ulong NodesAt(int tileLevel, ulong size) => tileLevel > TileId.MaxLevel ? 0 : size >> (8 * tileLevel);

    private static ulong TileIndex(int tileLevel, ulong size) => NodesAt(tileLevel, size) / TileId.FullWidth;

    private static int BitLength(ulong value) => 64 - (int)ulong.LeadingZeroCount(value);
}
