using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Matching.Index;
using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Node.Matching;

/// <summary>
/// Builds what a node screens with at its start: from the index file as far as it goes, then from the store's rows behind it. Also writes the file on, so that a start reads few rows
/// of the store. Used by one caller at a time.
/// </summary>
internal sealed class IndexLoader(INodeStore store, KnownCache cache, uint version, string? path)
{
    /// <summary>Rows behind the file's end that are worth a segment.</summary>
    public const int WorthASegment = 20_000;

    private readonly IndexFile? _file = path is null ? null : new IndexFile(path, cache.IndexKey(), version);
    private readonly Dictionary<(CircleId Circle, uint Epoch), long> _tagged = [];
    private IndexFileEnd _end;

    /// <summary>Tags of known identifiers by circle and epoch, after <see cref="LoadAsync"/>.</summary>
    public IReadOnlyDictionary<(CircleId Circle, uint Epoch), long> Tagged => _tagged;

    /// <summary>Live records, after <see cref="LoadAsync"/>.</summary>
    public int LiveRecords { get; private set; }

    /// <summary>Builds the index.</summary>
    /// <param name="seed">Of its tables.</param>
    /// <param name="cancellation">Ends the loading.</param>
    public async Task<MatchIndex> LoadAsync(UInt128 seed, CancellationToken cancellation)
    {
        MatchIndex? index = await FromFileAsync(seed, cancellation);
        if (index is not null)
        {
            await TakeRestAsync(index, cancellation);

            // Rows that the store has given up since stand in the file still: whoever reads them as known would clear what was never looked up.
            if (index.Known.Count != await store.CountKnownAsync(version, cancellation)) index = Forget();
        }

        if (index is null) await TakeRestAsync(index = new MatchIndex(seed), cancellation);
        await foreach (RecordTags record in store.ReadLiveTagsAsync(cancellation))
        {
            index.Records.Add(record.Number, NodeMatcher.AsNumbers(record.Tags));
            LiveRecords++;
        }

        await foreach (StoredHit hit in store.ReadHitsAsync(cancellation)) index.Known.AddHit(hit.Hash, hit.Record);
        return index;
    }

    /// <summary>Writes the store's rows behind the file's end into it, if they are many.</summary>
    public Task ExtendAsync(CancellationToken cancellation) => TakeRestAsync(null, cancellation);

    private async Task<MatchIndex?> FromFileAsync(UInt128 seed, CancellationToken cancellation)
    {
        if (_file is null) return null;
        try
        {
            (long hashes, long tags) = _file.Count();
            MatchIndex index = new(seed, (int)Math.Min(hashes, int.MaxValue), (int)Math.Min(tags, int.MaxValue));
            _end = await _file.ReadAsync(segment => Use(segment, index), cancellation);
            if (!await IsOfThisStoreAsync(cancellation)) throw new CryptographicException("The index file belongs to another state of the store.");
            return index;
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // It is only a copy: the store has all of it.
            return Forget();
        }
    }

    /// <summary>Deletes the file, before the store gives up rows that stand in it; it is written anew by the next <see cref="ExtendAsync"/> or start.</summary>
    public void Discard() => Forget();

    private MatchIndex? Forget()
    {
        _end = default;
        _tagged.Clear();
        _file?.Delete();
        return null;
    }

    private void Use(IndexSegment segment, MatchIndex index)
    {
        Parallel.Invoke(
            () => { for (int i = 0; i < segment.HashCount; i++) index.Known.Add(segment.HashAt(i)); },
            () => { for (int i = 0; i < segment.TagCount; i++) index.Watched.Add(segment.TagAt(i).Tag, segment.TagAt(i).Hash); });
        foreach (((CircleId, uint) key, long tags) in segment.TagsByCircle()) CollectionsMarshal.GetValueRefOrAddDefault(_tagged, key, out _) += tags;
    }

    // A store put back from a backup ends before the file does, or has other rows there: hashes and tags are random, so one row tells.
    private async Task<bool> IsOfThisStoreAsync(CancellationToken cancellation)
    {
        if (_end.LastHash is { } hash && await FirstAsync(store.ReadKnownHashesAsync(version, _end.Known - 1, cancellation)) is var known && known != (_end.Known, hash)) return false;
        return _end.LastTag is not { } tag || await FirstAsync(store.ReadKnownTagsAsync(_end.Tags - 1, cancellation)) is var (row, stored) && row == _end.Tags && stored.Tag.ToUInt128() == tag;
    }

    private async Task TakeRestAsync(MatchIndex? index, CancellationToken cancellation)
    {
        List<UInt128> hashes = [];
        List<(UInt128 Tag, UInt128 Hash)> tags = [];
        Dictionary<(CircleId Circle, uint Epoch), long> circles = [];
        IndexFileEnd end = _end;
        bool writes = _file is not null;
        await foreach ((long row, UInt128 hash) in store.ReadKnownHashesAsync(version, _end.Known, cancellation))
        {
            index?.Known.Add(hash);
            if (!writes) continue;
            hashes.Add(hash);
            end = end with { Known = row, LastHash = hash };
            if (hashes.Count == IndexFile.SegmentRows) Write();
        }

        await foreach ((long row, KnownTag tag) in store.ReadKnownTagsAsync(_end.Tags, cancellation))
        {
            index?.Watched.Add(tag.Tag.ToUInt128(), tag.Hash);
            if (index is not null) CollectionsMarshal.GetValueRefOrAddDefault(_tagged, (tag.Circle, tag.Epoch), out _)++;
            if (!writes) continue;
            tags.Add((tag.Tag.ToUInt128(), tag.Hash));
            CollectionsMarshal.GetValueRefOrAddDefault(circles, (tag.Circle, tag.Epoch), out _)++;
            end = end with { Tags = row, LastTag = tag.Tag.ToUInt128() };
            if (tags.Count == IndexFile.SegmentRows) Write();
        }

        if (hashes.Count + tags.Count >= WorthASegment) Write();

        void Write()
        {
            try
            {
                _file!.Append(end.Known, CollectionsMarshal.AsSpan(hashes), end.Tags, tags, circles);
                _end = end;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // A full disk: the next start reads more rows of the store instead. No segment may follow the one that is missing.
                writes = false;
            }

            hashes.Clear();
            tags.Clear();
            circles.Clear();
        }
    }

    private static async Task<T?> FirstAsync<T>(IAsyncEnumerable<T> rows)
        where T : struct
    {
        await foreach (T row in rows) return row;
        return null;
    }
}
