using System.Collections.Concurrent;
using Gateway.Protocol;
using Gateway.Protocol.V1;

namespace Gateway.Broker.Observation;

/// <summary>How far each member has been sent the log, since the broker started.</summary>
public sealed class FeedActivity(TimeProvider time)
{
    private readonly ConcurrentDictionary<MemberId, Reading> _readings = new();
    private int _open;
    private int _uploads;

    /// <summary>Feeds that are open.</summary>
    public int OpenCount => Volatile.Read(ref _open);

    /// <summary>Uploads that are open.</summary>
    public int OpenUploads => Volatile.Read(ref _uploads);

    /// <summary>Where each member is, against a log of a size.</summary>
    public IEnumerable<(MemberId Member, FeedPosition Position)> Positions(ulong size) => _readings.Select(pair => (pair.Key, pair.Value.Position(size)));

    /// <summary>Where one member is; null when it has opened no feed since the start.</summary>
    public FeedPosition? PositionOf(MemberId member, ulong size) => _readings.TryGetValue(member, out Reading? reading) ? reading.Position(size) : null;

    /// <summary>A feed is open until the result is disposed.</summary>
    internal OpenFeed Open(MemberId? member, ulong from)
    {
        Interlocked.Increment(ref _open);
        Reading? reading = member is { } id ? _readings.GetOrAdd(id, _ => new Reading(time)) : null;
        reading?.Opened(from);
        return new OpenFeed(this, reading);
    }

    /// <summary>An upload is open until the result is disposed.</summary>
    internal IDisposable OpenUpload()
    {
        Interlocked.Increment(ref _uploads);
        return new Upload(this);
    }

    private sealed class Upload(FeedActivity activity) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref activity._uploads);
    }

    internal sealed class OpenFeed(FeedActivity activity, Reading? reading) : IDisposable
    {
        /// <summary>All leaves before an index have been sent; the log has that many.</summary>
        public void Sent(ulong next, ulong size) => reading?.Sent(next, size);

        public void Dispose()
        {
            reading?.Closed();
            Interlocked.Decrement(ref activity._open);
        }
    }

    /// <summary>One member's reading of the log, by whatever streams.</summary>
    internal sealed class Reading(TimeProvider time)
    {
        private readonly Lock _lock = new();
        private int _open;
        private ulong _from;
        private ulong _sent;
        private DateTimeOffset _whole = time.GetUtcNow();

        public void Opened(ulong from)
        {
            lock (_lock)
            {
                _open++;
                _from = _sent = from;
            }
        }

        public void Sent(ulong next, ulong size)
        {
            lock (_lock)
            {
                _sent = next;
                if (next >= size) _whole = time.GetUtcNow();
            }
        }

        public void Closed()
        {
            lock (_lock) _open--;
        }

        public FeedPosition Position(ulong size)
        {
            lock (_lock)
            {
                DateTimeOffset now = time.GetUtcNow();
                if (_sent >= size) _whole = now;
                ulong behind = size > _sent ? size - _sent : 0;
                return new FeedPosition { Open = (uint)_open, AskedFrom = _from, Sent = _sent, Behind = behind, BehindSeconds = (ulong)Math.Max(0, (now - _whole).TotalSeconds) };
            }
        }
    }
}
