using Gateway.Cryptography;
using Gateway.Matching.Index;
using Gateway.Node.Contributions;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;

namespace Gateway.Node.Matching;

/// <summary>An identifier that was evaluated just now.</summary>
/// <param name="Hash">Its local hash.</param>
/// <param name="Evaluation">y, 64 bytes.</param>
public sealed record EvaluatedIdentifier(UInt128 Hash, byte[] Evaluation)
{
    /// <summary>The type alone: the evaluation is a secret.</summary>
    public override string ToString() => nameof(EvaluatedIdentifier);
}

/// <summary>
/// Keeps the index in memory and the store in step. All changes go through one writer at a time: what a record meets and what an identifier meets is decided where neither can change
/// meanwhile, stored first, then made visible.
/// </summary>
public sealed partial class NodeMatcher : IDisposable
{
    private const int ExtensionBatch = 10_000;

    private readonly INodeStore _store;
    private readonly KnownCache _cache;
    private readonly TimeProvider _time;
    private readonly Func<uint, IndexLoader> _newLoader;
    private readonly RandomSource _random;
    private readonly SemaphoreSlim _writer = new(1, 1);

    // Under the writer's lock: who learns an identifier uses every key that is being extended to by then, so that none falls between.
    private readonly Dictionary<(CircleId Circle, uint Epoch), CircleKey> _keys = [];

    private volatile MatchIndex _index;
    private IndexLoader _loader;
    private readonly CancellationTokenSource _ending = new();
    private Task _extending = Task.CompletedTask;
    private int _learned;
    private long _generation;
    private int _liveRecords;

    private NodeMatcher(INodeStore store, KnownCache cache, TimeProvider time, MatchIndex index, IndexLoader loader, Func<uint, IndexLoader> newLoader, RandomSource random)
    {
        _newLoader = newLoader;
        _random = random;
        _store = store;
        _cache = cache;
        _time = time;
        _index = index;
        _loader = loader;
        Met = new WorkSignal(time);
    }

    /// <summary>The identifiers known here; to be read by any number of threads.</summary>
    public KnownIdentifiers Known => _index.Known;

    /// <summary>Another number whenever records, or what is known of them, may have changed: what was opened under the same number would open the same way again.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    /// <summary>Set when records and known identifiers have met: the store holds the meetings.</summary>
    public WorkSignal Met { get; }

    /// <summary>Whether a tag is one of a known identifier.</summary>
    public bool IsWatched(Tag tag) => _index.Watched.TryFind(tag.ToUInt128(), out _);

    /// <summary>The known identifier that has a tag.</summary>
    public bool TryFindKnown(Tag tag, out UInt128 hash) => _index.Watched.TryFind(tag.ToUInt128(), out hash);

    /// <summary>Live records, about: what is counted by words does not need it to the one.</summary>
    public int LiveRecords => Volatile.Read(ref _liveRecords);

    /// <summary>How many live records carry a tag.</summary>
    public int RecordsWith(UInt128 tag) => _index.Records.Find(tag).Length;

    /// <summary>Builds the index from the store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cache">Seals and opens evaluations.</param>
    /// <param name="view">What is true at the store's cursor.</param>
    /// <param name="random">Seeds the tables, so that nobody can choose tags that collide.</param>
    /// <param name="time">Clock.</param>
    /// <param name="indexFile">Path of the copy that a start reads instead of most of the store's rows; made where it is missing. Null for none.</param>
    /// <param name="cancellation">Ends the loading.</param>
    public static async Task<NodeMatcher> LoadAsync(INodeStore store, KnownCache cache, NodeView view, RandomSource random, TimeProvider time, string? indexFile, CancellationToken cancellation)
    {
        uint version = view.State.OprfKeys?.Version ?? 0;
        IndexLoader NewLoader(uint inForce) => new(store, cache, inForce, indexFile);
        IndexLoader loader = NewLoader(version);
        MatchIndex index = await loader.LoadAsync(NewSeed(random), cancellation);
        NodeMatcher matcher = new(store, cache, time, index, loader, NewLoader, random) { _liveRecords = loader.LiveRecords };
        foreach (CircleKey key in view.Keyring.Keys) matcher._keys[(key.Circle, key.Epoch)] = key;

        // A stop between an epoch's arrival and its extension leaves identifiers without the epoch's tags.
        foreach (CircleKey key in view.Keyring.Keys.Where(key => loader.Tagged.GetValueOrDefault((key.Circle, key.Epoch)) < index.Known.Count))
        {
            await matcher.ExtendAsync(key, version, cancellation);
        }

        return matcher;
    }

    /// <summary>Stores what a batch of the feed, or a part of a second reading, does to the records and makes it visible. What new records meet is added by this; the rest is as the caller made it.</summary>
    /// <param name="apply">What it does.</param>
    /// <param name="ended">Numbers and tags of the records that it ends.</param>
    /// <param name="stored">Called when it is stored and not visible yet.</param>
    /// <param name="cancellation">Ends it; nothing has happened then.</param>
    public async Task ApplyAsync(RecordsApply apply, IReadOnlyList<(int Number, byte[] Tags)> ended, Action stored, CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            List<StoredHit> hits = [];
            NodeRecord[] live = [.. apply.Records.Where(record => record.State == NodeRecordState.Live)];
            foreach (NodeRecord record in live)
            {
                foreach (UInt128 tag in AsNumbers(record.Tags))
                {
                    if (_index.Watched.TryFind(tag, out UInt128 hash)) hits.Add(new StoredHit(hash, record.Number));
                }
            }

            Interlocked.Increment(ref _generation);
            Farewell[] farewells = apply is FeedApply { Left.Count: > 0 } leaving ? await PartAsync(leaving.Left, cancellation) : [];
            if (apply is FeedApply batch) await _store.ApplyAsync(batch with { Hits = [.. hits.Distinct()] }, cancellation);
            else await _store.ApplyBackfillAsync((BackfillApply)apply with { Hits = [.. hits.Distinct()] }, cancellation);
            stored();
            foreach (Farewell farewell in farewells) Forget(farewell);
            List<UInt128> met = [];
            foreach (NodeRecord record in live) _index.AddRecord(record.Number, AsNumbers(record.Tags), met);
            foreach ((int number, byte[] tags) in ended) _index.RemoveRecord(number, AsNumbers(tags));
            Volatile.Write(ref _liveRecords, Math.Max(0, _liveRecords + live.Length - ended.Count(end => end.Tags.Length > 0)));
            if (hits.Count > 0) Met.Set();
        }
        finally
        {
            Interlocked.Increment(ref _generation);
            _writer.Release();
        }
    }

    // What a circle leaves behind in memory, read while the store still has it.
    private async Task<Farewell[]> PartAsync(IReadOnlyList<LeftCircle> left, CancellationToken cancellation)
    {
        Farewell[] farewells = new Farewell[left.Count];
        for (int i = 0; i < farewells.Length; i++)
        {
            IReadOnlyList<KnownTag> tags = await _store.ReadKnownTagsOfAsync(left[i].Circle, cancellation);
            farewells[i] = new Farewell(left[i], [.. tags.Where(tag => !left[i].KeptEpochs.Contains(tag.Epoch))], await _store.ReadTagsOfAsync(left[i].Circle, left[i].At, cancellation));
        }

        return farewells;
    }

    private void Forget(Farewell farewell)
    {
        foreach ((CircleId Circle, uint Epoch) key in _keys.Keys.Where(key => key.Circle == farewell.Left.Circle && !farewell.Left.KeptEpochs.Contains(key.Epoch)).ToArray()) _keys.Remove(key);
        foreach (RecordTags record in farewell.Records) _index.RemoveRecord(record.Number, AsNumbers(record.Tags));
        foreach (KnownTag tag in farewell.Tags) _index.Watched.Remove(tag.Tag.ToUInt128());
    }

    /// <summary>Takes a record out of matching because a check failed when it was opened.</summary>
    public Task QuarantineAsync(NodeRecord record, string fault, CancellationToken cancellation) => InStepAsync(
        async () =>
        {
            await _store.QuarantineAsync(record.Number, fault, cancellation);
            _index.RemoveRecord(record.Number, AsNumbers(record.Tags));
            Interlocked.Increment(ref _generation);
        },
        cancellation);

    /// <summary>Remembers identifiers that were evaluated, under every circle key this member has. They are known from here on, with all they meet.</summary>
    public Task LearnAsync(IReadOnlyList<EvaluatedIdentifier> evaluated, uint version, CancellationToken cancellation) => InStepAsync(
        async () =>
        {
            CircleKey[] keys = [.. _keys.Values];
            UtcDay today = UtcDay.Of(_time.GetUtcNow());
            KnownIdentifier[] rows = new KnownIdentifier[evaluated.Count];
            Parallel.For(0, rows.Length, new ParallelOptions { CancellationToken = cancellation }, i => rows[i] = RowOf(evaluated[i], version, keys, today));
            await _store.AddKnownAsync(rows, cancellation);
            foreach (KnownIdentifier row in rows) _index.Learn(row.Hash, [.. row.Tags.Select(tag => tag.Tag.ToUInt128())]);
            if (rows.Any(row => row.Records.Count > 0))
            {
                Interlocked.Increment(ref _generation);
                Met.Set();
            }

            _learned += rows.Length;
            if (_learned >= IndexFile.SegmentRows && _extending.IsCompleted)
            {
                // Beside the work: only the next start is in need of it.
                _learned = 0;
                _extending = Task.Run(() => _loader.ExtendAsync(_ending.Token), CancellationToken.None);
            }
        },
        cancellation);

    /// <summary>
    /// Gives every known identifier its tag under a new circle key, and finds what it meets there; identifiers learned from here on get it at once. May be stopped anywhere and asked for again.
    /// </summary>
    /// <param name="key">The new key.</param>
    /// <param name="version">OPRF version.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="catchUp">Takes what other processes on the store have changed.</param>
    public async Task ExtendAsync(CircleKey key, uint version, CancellationToken cancellation, Func<CancellationToken, Task>? catchUp = null)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            _keys[(key.Circle, key.Epoch)] = key;
        }
        finally
        {
            _writer.Release();
        }

        await foreach (KnownIdentifier[] rows in _store.ReadKnownAsync(version, cancellation).Chunk(ExtensionBatch).WithCancellation(cancellation))
        {
            List<KnownTag> tags = [];
            foreach (KnownIdentifier row in rows)
            {
                if (_cache.TryOpen(version, row.Hash, row.SealedEvaluation, out byte[]? evaluation)) tags.Add(TagOf(row.Hash, evaluation, key));
            }

            await InStepAsync(() => AddTagsAsync(tags, cancellation), cancellation, catchUp);
        }
    }

    private async Task AddTagsAsync(List<KnownTag> tags, CancellationToken cancellation)
    {
        StoredHit[] hits = [.. tags.SelectMany(tag => _index.Records.Find(tag.Tag.ToUInt128()).ToArray().Select(record => new StoredHit(tag.Hash, record)))];
        await _store.AddKnownTagsAsync(tags, hits, cancellation);
        foreach (KnownTag tag in tags) _index.Learn(tag.Hash, [tag.Tag.ToUInt128()]);
        Interlocked.Increment(ref _generation);
        if (hits.Length > 0) Met.Set();
    }

    /// <summary>Forgets identifiers: they are unknown again, their tags and hits are gone.</summary>
    /// <param name="unused">As the store holds them, of any version.</param>
    /// <param name="version">The version in force.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task ForgetAsync(IReadOnlyList<KnownIdentifier> unused, uint version, CancellationToken cancellation) => InStepAsync(
        async () =>
        {
            KnownIdentifier[] rows = [.. unused.Select(row => row with
            {
                Tags = _cache.TryOpen(row.Version, row.Hash, row.SealedEvaluation, out byte[]? evaluation) ? [.. _keys.Values.Select(key => TagOf(row.Hash, evaluation, key))] : [],
                Records = row.Version == version ? _index.Known.HitsOf(row.Hash).ToArray() : [],
            })];
            await DiscardFileAsync();
            await _store.ForgetKnownAsync(rows, cancellation);
            foreach (KnownIdentifier row in rows)
            {
                UInt128[] tags = [.. row.Tags.Select(tag => tag.Tag.ToUInt128())];
                if (row.Version == version) _index.Forget(row.Hash, tags);
                else foreach (UInt128 tag in tags) _index.Watched.Remove(tag);
            }

            Interlocked.Increment(ref _generation);
        },
        cancellation);

    /// <summary>Gives up the key of an epoch that is over and has no live record: the tags under it are forgotten, in the store and here.</summary>
    public Task RetireAsync(CircleKey key, CancellationToken cancellation) => InStepAsync(
        async () =>
        {
            KnownTag[] tags = [.. (await _store.ReadKnownTagsOfAsync(key.Circle, cancellation)).Where(tag => tag.Epoch == key.Epoch)];
            await DiscardFileAsync();
            await _store.RetireEpochAsync(key.Circle, key.Epoch, cancellation);
            _keys.Remove((key.Circle, key.Epoch));
            foreach (KnownTag tag in tags) _index.Watched.Remove(tag.Tag.ToUInt128());
        },
        cancellation);

    // Before the store gives up rows that stand in the file.
    private async Task DiscardFileAsync()
    {
        await _extending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _loader.Discard();
        _learned = IndexFile.SegmentRows; // The next to be learned has the file written anew.
    }

    /// <summary>The evaluation of a known identifier: y, 64 bytes; null when it is unknown.</summary>
    /// <exception cref="Gateway.Storage.StoreCorruptException">The row does not have its checksum, or was sealed by another node.</exception>
    public async ValueTask<byte[]?> FindEvaluationAsync(uint version, UInt128 hash, CancellationToken cancellation)
    {
        KnownIdentifier? row = await _store.FindKnownAsync(version, hash, cancellation);
        if (row is null) return null;
        return _cache.TryOpen(version, hash, row.SealedEvaluation, out byte[]? evaluation) ? evaluation : throw new Gateway.Storage.StoreCorruptException("known", "of an identifier");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Cancel();
        _extending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        _ending.Dispose();
        _writer.Dispose();
    }

    private KnownIdentifier RowOf(EvaluatedIdentifier identifier, uint version, CircleKey[] keys, UtcDay today)
    {
        KnownTag[] tags = [.. keys.Select(key => TagOf(identifier.Hash, identifier.Evaluation, key))];
        return new KnownIdentifier(version, identifier.Hash, _cache.Seal(version, identifier.Hash, identifier.Evaluation), today)
        {
            Tags = tags,
            Records = [.. tags.SelectMany(tag => _index.Records.Find(tag.Tag.ToUInt128()).ToArray()).Distinct()],
        };
    }

    private static KnownTag TagOf(UInt128 hash, byte[] evaluation, CircleKey key) => new(key.PseudonymOf(evaluation).Tag, hash, key.Circle, key.Epoch);

    private sealed record Farewell(LeftCircle Left, IReadOnlyList<KnownTag> Tags, IReadOnlyList<RecordTags> Records);

    internal static UInt128[] AsNumbers(byte[] tags)
    {
        UInt128[] numbers = new UInt128[tags.Length / Tag.Size];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(tags.AsSpan(i * Tag.Size));
        return numbers;
    }
}
