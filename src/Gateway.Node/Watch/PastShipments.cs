using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Gateway.Matching.Index;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using Microsoft.Extensions.Hosting;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Watch;

/// <summary>
/// Remembers screened shipments, so that a record that arrives later finds them. The path of a shipment only hands it over; it is packed, sealed and stored here, many in one transaction. What a crash
/// loses is what waits: mostly what was screened in the last second, and of manifests sent in bulk up to 32 MiB, more than a million shipments, for which their senders then wait. Of single shipments that come faster than the
/// store takes them the newest are not remembered, and an alarm says so.
/// </summary>
public sealed class PastShipments(INodeStore store, NodeMatcher matcher, Screener screener, WatchSeal seal, NodeSettings settings, AlarmBell alarms, TimeProvider time) : BackgroundService
{
    /// <summary>Shipments kept in one row at most.</summary>
    public const int FullBlock = 2_048;

    private const string Label = "past-shipments";

    // What a batch's cleared shipments have in common.
    private static readonly V1.ScreeningResult Cleared = new();

    // Bounds the memory where the disk is slower than the screening.
    private const int MostWaiting = 65_536;
    private const long MostBatchBytes = 32 * 1_048_576;

    // A small batch counts for as much, so that batches leave single shipments room.
    private const int LeastBatchBytes = 16_384;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Screened> _screened = Channel.CreateBounded<Screened>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _taken = new(0, 1);
    private long _batchBytes;
    private long _dropped;

    /// <summary>Takes a shipment with its final result. Never waits.</summary>
    public void Add(PreparedShipment prepared, V1.ScreeningResult result)
    {
        if (prepared.Hashes.Length == 0) return;
        if (!_screened.Writer.TryWrite(new Screened(prepared, result, null))) Interlocked.Increment(ref _dropped);
    }

    /// <summary>Takes the cleared shipments of a batch; waits where too many bytes of batches wait already.</summary>
    /// <param name="columns">The batch.</param>
    /// <param name="cleared">Which of its shipments are.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async ValueTask AddAsync(ShipmentColumns columns, bool[] cleared, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            while (Interlocked.Read(ref _batchBytes) >= MostBatchBytes) await _taken.WaitAsync(cancellation);
            await _screened.Writer.WriteAsync(new Screened(null, null, null) { Batch = (columns, cleared) }, cancellation);
            Interlocked.Add(ref _batchBytes, BytesOf(columns)); // Only of one that was taken over: a wait that is broken off leaves nothing behind.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends when everything handed over before is stored.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        TaskCompletionSource stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _screened.Writer.WriteAsync(new Screened(null, null, stored), cancellation);
        await stored.Task.WaitAsync(cancellation);
    }

    /// <summary>The remembered shipments that have an identifier, newest first.</summary>
    public IAsyncEnumerable<WatchedSubject> FindAsync(UInt128 hash, CancellationToken cancellation) => ReadAsync(KeyOf(hash), (_, hashes) => hashes.Contains(hash), cancellation);

    /// <summary>The newest remembered shipment of an id, or null.</summary>
    public async ValueTask<WatchedSubject?> FindAsync(string id, CancellationToken cancellation)
    {
        await foreach (WatchedSubject found in ReadAsync(KeyOf(DigestOf(id)), (shipment, _) => shipment.Id == id, cancellation)) return found;
        return null;
    }

    /// <summary>Forgets the shipments of days before <paramref name="day"/>. Their identifiers count as used on the day of the shipment.</summary>
    public async Task ForgetAsync(UtcDay day, CancellationToken cancellation)
    {
        while (await store.ReadPastBeforeAsync(day, 16, cancellation) is { Count: > 0 } rows)
        {
            foreach (StoredPastShipments row in rows)
            {
                V1.RememberedShipments block = Open(row);
                UInt128[] hashes = PastBlock.HashesOf(block);
                await store.ForgetPastAsync(row.Id, KeysOf(hashes, block.Shipments.Select(shipment => shipment.Id)), hashes, row.Day, cancellation);
            }
        }
    }

    /// <summary>The key of an identifier in the index over past shipments: 64 bits of its local hash.</summary>
    public static long KeyOf(UInt128 hash) => (long)(ulong)(hash >> 64);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Screened> batch = [];
        List<TaskCompletionSource> flushed = [];
        try
        {
            while (await _screened.Reader.WaitToReadAsync(stoppingToken))
            {
                await GatherAsync(batch, flushed, stoppingToken);
                await StoreUntilDoneAsync(batch, stoppingToken);
                batch.Clear();
                foreach (TaskCompletionSource done in flushed) done.TrySetResult();
                flushed.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was handed over before the stop is still stored, for as long as whoever stops the node waits.
            for (bool more = true; more;)
            {
                while (batch.Count < FullBlock && (more = _screened.Reader.TryRead(out Screened next)))
                {
                    if (next.Stored is not null) flushed.Add(next.Stored);
                    else Unpack(next, batch);
                }

                foreach (Screened[] part in batch.Chunk(FullBlock)) await StoreAsync(part, CancellationToken.None);
                batch.Clear();
            }

            foreach (TaskCompletionSource done in flushed) done.TrySetResult();
        }
    }

    private async Task GatherAsync(List<Screened> batch, List<TaskCompletionSource> flushed, CancellationToken stopping)
    {
        using CancellationTokenSource patience = new(LongestWait, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            while (batch.Count < FullBlock && await _screened.Reader.WaitToReadAsync(either.Token))
            {
                while (batch.Count < FullBlock && _screened.Reader.TryRead(out Screened next))
                {
                    if (next.Stored is not null)
                    {
                        flushed.Add(next.Stored);
                        return;
                    }

                    Unpack(next, batch);
                }
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // As much as came in a second.
        }
    }

    // A shipment of a batch becomes an object of its own here, where nobody waits for it.
    private void Unpack(Screened next, List<Screened> batch)
    {
        if (next.Batch is not ({ } columns, { } cleared))
        {
            batch.Add(next);
            return;
        }

        for (int i = 0; i < columns.Count; i++)
        {
            if (cleared[i]) batch.Add(new Screened(screener.Prepare(columns, i), Cleared, null));
        }

        Interlocked.Add(ref _batchBytes, -BytesOf(columns));
        if (_taken.CurrentCount == 0) _taken.Release(); // Nobody else does.
    }

    private static long BytesOf(ShipmentColumns columns) => Math.Max(columns.Bytes, LeastBatchBytes);

    private async Task StoreUntilDoneAsync(IReadOnlyList<Screened> batch, CancellationToken stopping)
    {
        int stored = 0;
        while (true)
        {
            try
            {
                foreach (Screened[] part in batch.Skip(stored).Chunk(FullBlock))
                {
                    await StoreAsync(part, stopping);
                    stored += part.Length;
                }

                break;
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, time, stopping);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                await alarms.RaiseFailureAsync("remembering shipments", fault, stopping);
                break;
            }
        }

        if (Interlocked.Exchange(ref _dropped, 0) is var dropped and > 0)
        {
            await alarms.RaiseOnceAsync(
                Refusal.Exhausted("PAST_NOT_REMEMBERED", $"{dropped:N0} screened shipments could not be remembered, because the store is slower than the screening. Records that arrive later will not find them.", "past shipments", "Give the store a faster disk."),
                stopping);
        }
    }

    private async Task StoreAsync(IReadOnlyList<Screened> batch, CancellationToken cancellation)
    {
        UtcDay today = UtcDay.Of(time.GetUtcNow());
        Screened[] kept = settings.RememberedDays == 0 ? [] : [.. batch.Where(screened => screened.Prepared!.Shipment.Id.Length > 0)];
        if (kept.Length > 0)
        {
            byte[] sealedBlock = seal.Seal(Label, ContextOf(today, kept.Length), PastBlock.Pack([.. kept.Select(screened => (screened.Prepared!, screened.ShownRecords()))]));
            IReadOnlyCollection<long> keys = KeysOf(kept.SelectMany(screened => screened.Prepared!.Hashes), kept.Select(screened => screened.Prepared!.Shipment.Id));
            await store.AddPastAsync(new StoredPastShipments(0, today, kept.Length, sealedBlock), keys, cancellation);
        }

        // Whoever is not remembered has used identifiers all the same.
        if (kept.Length < batch.Count) await store.TouchKnownAsync([.. batch.Except(kept).SelectMany(screened => screened.Prepared!.Hashes).Distinct()], today, cancellation);
        await MeetAsync(kept, cancellation);
    }

    // A record that came between the decision and the storing found no shipment yet. From here on every other one does.
    private async Task MeetAsync(IReadOnlyList<Screened> kept, CancellationToken cancellation)
    {
        await matcher.CatchUpAsync(cancellation);
        List<StoredHit> met = [];
        Dictionary<int, ulong> shortened = [];
        foreach (Screened screened in kept)
        {
            List<StoredHit> meetings = await screener.MeetingsOfAsync(screened.Prepared!.Hashes, cancellation);
            if (meetings.Count == 0) continue;
            HashSet<ulong> shown = [.. screened.ShownRecords()];
            foreach (StoredHit meeting in meetings)
            {
                if (!shortened.TryGetValue(meeting.Record, out ulong id)) shortened[meeting.Record] = id = await store.ReadRecordAsync(meeting.Record, cancellation) is { } record ? PastBlock.Shorten(record.Id.ToArray()) : 0;
                if (!shown.Contains(id)) met.Add(meeting);
            }
        }

        if (met.Count == 0) return;
        await store.AddMeetingsAsync([.. met.Distinct()], cancellation);
        matcher.Met.Set();
    }

    private async IAsyncEnumerable<WatchedSubject> ReadAsync(long key, Func<V1.RememberedShipment, UInt128[], bool> isWanted, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StoredPastShipments row in store.FindPastAsync(key, cancellation))
        {
            V1.RememberedShipments block = Open(row);
            UInt128[] hashes = PastBlock.HashesOf(block);
            foreach (V1.RememberedShipment shipment in block.Shipments.Reverse())
            {
                PreparedShipment prepared = PastBlock.Prepare(block, hashes, shipment);
                if (!isWanted(shipment, prepared.Hashes)) continue;
                yield return new WatchedSubject(AlertSubject.Shipment, shipment.Id, DigestOf(shipment.Id), row.Day, prepared, shipment.Shown);
            }
        }
    }

    private V1.RememberedShipments Open(StoredPastShipments row) =>
        seal.TryOpen(Label, ContextOf(row.Day, row.Count), row.Sealed, out byte[]? packed) && PastBlock.TryUnpack(packed) is { } block
            ? block
            : throw new StoreCorruptException("past_shipments", row.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private HashSet<long> KeysOf(IEnumerable<UInt128> hashes, IEnumerable<string> ids) => [.. hashes.Select(KeyOf), .. ids.Select(id => KeyOf(DigestOf(id)))];

    private byte[] DigestOf(string id) => seal.DigestOf("shipment", id);

    private static long KeyOf(byte[] digest) => BinaryPrimitives.ReadInt64BigEndian(digest);

    private static byte[] ContextOf(UtcDay day, int count)
    {
        byte[] context = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(context, day.Number);
        BinaryPrimitives.WriteInt32BigEndian(context.AsSpan(4), count);
        return context;
    }

    private readonly record struct Screened(PreparedShipment? Prepared, V1.ScreeningResult? Result, TaskCompletionSource? Stored)
    {
        public (ShipmentColumns Columns, bool[] Cleared)? Batch { get; init; }

        public IReadOnlyList<ulong> ShownRecords() => Result!.Hits.Count == 0 ? [] : [.. Result.Hits.Select(hit => PastBlock.Shorten(hit.RecordId.Span))];
    }
}
