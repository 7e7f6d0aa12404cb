using System.Buffers.Binary;
using Gateway.Cryptography;
using Gateway.Matching.Index;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Matching;

/// <summary>
/// The index beside those of other processes on the same store. What records and identifiers meet is decided in memory, so nothing is stored by who has not taken all that the others have stored: the
/// store refuses it, the changes are taken, and it is decided anew.
/// </summary>
public sealed partial class NodeMatcher
{
    /// <summary>Longer than an attempt at the evaluators takes; renewed with each.</summary>
    private static readonly TimeSpan ClaimLife = TimeSpan.FromSeconds(60);

    // Identifiers that another process learned without a key that is known here: under the writer's lock.
    private readonly HashSet<UInt128> _lacking = [];

    /// <summary>Takes what other processes on the store have changed, through whoever also takes what they did to the log; null where nobody does.</summary>
    internal Func<CancellationToken, Task>? Others { get; set; }

    /// <summary>Sees what other processes on the store had stored when this was called; at once where the store is this process's alone.</summary>
    public Task CatchUpAsync(CancellationToken cancellation) => Others?.Invoke(cancellation) ?? Task.CompletedTask;

    /// <summary>
    /// Claims identifiers for evaluation by this process: of several that share a store one has each evaluated. What is known in the store is known here when this returns.
    /// </summary>
    /// <returns>What is claimed and what is known; null where the store is this process's alone, and everything is for it to evaluate.</returns>
    public async Task<IdentifierClaims?> ClaimAsync(uint version, IReadOnlyCollection<UInt128> hashes, CancellationToken cancellation)
    {
        if (_store.Replicas is not { } replicas) return null;
        IdentifierClaims claims = await replicas.ClaimAsync(version, hashes, ClaimLife, cancellation);
        if (claims.Known.Count == 0) return claims;
        await CatchUpAsync(cancellation);

        // Forgotten and learned again while this process was loading, its row lies before those that were taken.
        foreach (UInt128 hash in claims.Known.Where(hash => _index.Known.Find(hash) == KnownState.Unknown)) await AdmitAsync(version, hash, cancellation);
        return claims;
    }

    /// <summary>Takes what other processes have changed into memory: what was taken away first, then what lies behind the rows taken before.</summary>
    /// <param name="news">The changes.</param>
    /// <param name="view">What is true of the log with them.</param>
    /// <param name="gone">Keys that were given up with them.</param>
    /// <param name="cancellation">Ends the call.</param>
    internal async Task TakeAsync(StoreNews news, NodeView view, IEnumerable<CircleKey> gone, CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            Interlocked.Increment(ref _generation);
            uint version = view.State.OprfKeys?.Version ?? 0;
            foreach (CircleKey key in gone) _keys.Remove((key.Circle, key.Epoch));
            foreach (CircleKey key in view.Keyring.Keys) _keys.TryAdd((key.Circle, key.Epoch), key);
            if (!news.IsWhole || news.Changes.Any(change => change.IsAnew))
            {
                await ReloadAsync(version, cancellation);
                return;
            }

            if (news.Changes.Any(change => change.IsRetired || change.Forgotten.Count > 0)) await DiscardFileAsync();
            foreach (NodeChange change in news.Changes) TakeAway(change, version);
            await TakeAddedAsync(version, _store.Replicas!.TakenRows, cancellation);
        }
        finally
        {
            Interlocked.Increment(ref _generation);
            _writer.Release();
            Met.Set();
        }
    }

    /// <summary>Gives identifiers that others learned without a key that is known here their tags under it. After the changes are noted as taken.</summary>
    internal async Task CompleteAsync(uint version, CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            if (_lacking.Count == 0) return;
            List<KnownTag> tags = [];
            foreach (UInt128 hash in _lacking)
            {
                if (await _store.FindKnownAsync(version, hash, cancellation) is { } row && _cache.TryOpen(version, hash, row.SealedEvaluation, out byte[]? evaluation)) tags.AddRange(_keys.Values.Select(key => TagOf(hash, evaluation, key)));
            }

            await AddTagsAsync(tags, cancellation);
            _lacking.Clear();
        }
        catch (StoreMovedException)
        {
            // They wait for the next changes to be taken; until then nothing of this process is stored that they could miss.
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Does something that stores what was decided in memory; again, when others have stored something meanwhile.</summary>
    private async Task InStepAsync(Func<Task> change, CancellationToken cancellation, Func<CancellationToken, Task>? catchUp = null)
    {
        while (true)
        {
            await _writer.WaitAsync(cancellation);
            try
            {
                await change();
                return;
            }
            catch (StoreMovedException) when ((catchUp ?? Others) is not null)
            {
                // Taken below, without the lock.
            }
            finally
            {
                _writer.Release();
            }

            await (catchUp ?? Others)!(cancellation);
        }
    }

    private void TakeAway(NodeChange change, uint version)
    {
        foreach (RecordTags record in change.Ended) _index.RemoveRecord(record.Number, AsNumbers(record.Tags));
        Volatile.Write(ref _liveRecords, Math.Max(0, _liveRecords - change.Ended.Count));
        foreach (ForgottenIdentifier forgotten in change.Forgotten)
        {
            UInt128[] tags = [.. forgotten.Tags.Select(tag => tag.ToUInt128())];
            if (forgotten.Version == version) _index.Forget(forgotten.Hash, tags);
            else foreach (UInt128 tag in tags) _index.Watched.Remove(tag);
        }
    }

    private async Task TakeAddedAsync(uint version, StoreRows after, CancellationToken cancellation)
    {
        Dictionary<UInt128, List<KnownTag>> learned = [];
        List<KnownTag> extended = [];
        await foreach ((_, UInt128 hash) in _store.ReadKnownHashesAsync(version, after.Known, cancellation)) learned[hash] = [];
        await foreach ((_, KnownTag tag) in _store.ReadKnownTagsAsync(after.Tags, cancellation))
        {
            if (learned.TryGetValue(tag.Hash, out List<KnownTag>? tags)) tags.Add(tag);
            else extended.Add(tag);
        }

        foreach ((UInt128 hash, List<KnownTag> tags) in learned)
        {
            _index.Learn(hash, [.. tags.Select(tag => tag.Tag.ToUInt128())]);
            if (_keys.Keys.Except(tags.Select(tag => (tag.Circle, tag.Epoch))).Any()) _lacking.Add(hash);
        }

        foreach (KnownTag tag in extended)
        {
            if (_index.Known.Find(tag.Hash) == KnownState.Unknown) _index.Watched.Add(tag.Tag.ToUInt128(), tag.Hash);
            else _index.Learn(tag.Hash, [tag.Tag.ToUInt128()]);
        }

        List<UInt128> met = [];
        int arrived = 0;
        await foreach (RecordTags record in _store.ReadLiveTagsAsync(cancellation, after.Records))
        {
            _index.AddRecord(record.Number, AsNumbers(record.Tags), met);
            arrived++;
        }

        Volatile.Write(ref _liveRecords, _liveRecords + arrived);
    }

    private async Task ReloadAsync(uint version, CancellationToken cancellation)
    {
        await DiscardFileAsync();
        _loader = _newLoader(version);
        MatchIndex index = await _loader.LoadAsync(NewSeed(_random), cancellation);
        Volatile.Write(ref _liveRecords, _loader.LiveRecords);
        _lacking.Clear();
        _index = index;
    }

    private async Task AdmitAsync(uint version, UInt128 hash, CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        try
        {
            if (await _store.FindKnownAsync(version, hash, cancellation) is not { } row || !_cache.TryOpen(version, hash, row.SealedEvaluation, out byte[]? evaluation)) return;
            _index.Learn(hash, [.. _keys.Values.Select(key => TagOf(hash, evaluation, key).Tag.ToUInt128())]);
            Interlocked.Increment(ref _generation);
        }
        finally
        {
            _writer.Release();
        }
    }

    private static UInt128 NewSeed(RandomSource random) => BinaryPrimitives.ReadUInt128BigEndian(random.GetBytes(16));
}
