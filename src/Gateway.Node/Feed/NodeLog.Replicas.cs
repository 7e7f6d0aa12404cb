using System.Collections.Immutable;
using Gateway.Ledger;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

public sealed partial class NodeLog
{
    /// <summary>Takes over what other processes on the store have applied, learned and forgotten by now; at once where the store is this process's alone.</summary>
    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        if (_store.Replicas is not { } replicas || (await replicas.ReadNewsAsync(cancellation)).IsEmpty) return;
        await _gate.WaitAsync(cancellation);
        try
        {
            await TakeNewsAsync(cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes ready to apply the log in the place of another process: from here on nobody else does.</summary>
    public async Task TakeOverAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_store.Replicas is not null) await TakeNewsAsync(cancellation);
            _early.Clear();
            Volatile.Write(ref _wholeFrom, _view.Size);
            await ReadPlaceAsync(cancellation);
            await _own.ReadAsync(_store, cancellation);
            NoteEnd();
        }
        finally
        {
            _gate.Release();
        }
    }

    // What the next batch is judged by beside the view. It must be that of the store also after a commit whose answer was lost, which comes back as if another process had made it: else numbers are given twice.
    private async Task ReadPlaceAsync(CancellationToken cancellation)
    {
        IReadOnlyList<NodeRecord> awaited = await _store.ReadAwaitingWithdrawalAsync(cancellation);
        IReadOnlyList<StoredBackfill> readings = await _store.ReadBackfillsAsync(cancellation);
        _lastNumber = await _store.ReadLastRecordNumberAsync(cancellation);
        Dictionary<RecordId, UtcDay> since = _awaited.Values.ToDictionary(known => known.Record.Id, known => known.Since);
        _awaited.Clear();
        foreach (NodeRecord record in awaited) _awaited[record.Id] = (record, since.GetValueOrDefault(record.Id, Today));
        SetBackfills([.. readings]);
    }

    // Under the gate. The index first, then what is visible of the log: as when a batch is applied here.
    private async Task TakeNewsAsync(CancellationToken cancellation)
    {
        StoreNews news = await _store.Replicas!.ReadNewsAsync(cancellation);
        if (!news.IsEmpty)
        {
            NodeView before = _view;
            bool isLogged = !news.IsWhole || news.Changes.Any(change => change.IsLogged || change.IsAnew || change.IsRetired);
            (NodeView view, TiledTree tree) = isLogged ? await _readOn(before, cancellation) : (before, _tree);
            CircleKey[] gone = [.. before.Keyring.Keys.Where(key => view.Keyring.Find(key.Circle, key.Epoch) is null)];
            bool hasEnded = isLogged && (!news.IsWhole || news.Changes.Any(change => change.Ended.Count > 0 || change.IsAnew));
            if (hasEnded) NoteEnding(view.Size);
            await _matcher.TakeAsync(news, view, gone, cancellation);
            if (isLogged)
            {
                _disputes.Replace(await _store.ReadDisputesAsync(cancellation));
                Volatile.Write(ref _wholeFrom, view.Size); // Among it may be a departure or the end of a second reading.
                await ReadPlaceAsync(cancellation);
                (_view, _tree) = (view, tree);
                if (hasEnded) NoteEnd();
                NodeEvents.ChangesTaken(_logger, news.UpTo, view.Size);
            }

            _store.Replicas.Take(news);
        }

        await _matcher.CompleteAsync(_view.State.OprfKeys?.Version ?? 0, cancellation);
    }

    // What is applied was judged against the log as it stood: who finds it further on has been relieved, and gives the batch up.
    private async Task InStepAsync(Func<Task> apply, CancellationToken cancellation)
    {
        NodeView basis = _view;
        ImmutableList<StoredBackfill> readings = _backfills;
        int lastNumber = _lastNumber;
        while (true)
        {
            try
            {
                await apply();
                return;
            }
            catch (StoreMovedException)
            {
                await TakeNewsAsync(cancellation);
                if (_view.Size != basis.Size || _lastNumber != lastNumber || !_backfills.SequenceEqual(readings)) throw new StoreUnavailableException("Another process of this node has applied this part of the log.", new InvalidOperationException("log"));
            }
        }
    }
}
