namespace Gateway.Broker.Tests;

/// <summary>A clock that stands until it is moved. Timers that ring once ring when it is moved past them; periodic ones never do: tests run what is due themselves.</summary>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<OnceTimer> _timers = [];
    private DateTimeOffset _now = start;

    /// <summary>Noon of a day in the present, so that certificates made by it suit the machine's TLS.</summary>
    public static ManualTime AtNoonToday() => new(new DateTimeOffset(System.GetUtcNow().Date.AddHours(12), TimeSpan.Zero));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan time)
    {
        List<OnceTimer> due;
        lock (_lock)
        {
            _now += time;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
            _timers.ExceptWith(due);
        }

        foreach (OnceTimer timer in due) timer.Ring();
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new OnceTimer(this, callback, state, dueTime, period);

    private sealed class OnceTimer : ITimer
    {
        private readonly ManualTime _time;
        private readonly TimerCallback _callback;
        private readonly object? _state;

        public OnceTimer(ManualTime time, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _time = time;
            _callback = callback;
            _state = state;
            Change(dueTime, period);
        }

        public DateTimeOffset Due { get; private set; }

        public void Ring() => _callback(_state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool now = dueTime == TimeSpan.Zero && period == Timeout.InfiniteTimeSpan;
            lock (_time._lock)
            {
                _time._timers.Remove(this);
                if (dueTime > TimeSpan.Zero && period == Timeout.InfiniteTimeSpan)
                {
                    Due = _time._now + dueTime;
                    _time._timers.Add(this);
                }
            }

            if (now) Ring();
            return true;
        }

        public void Dispose()
        {
            lock (_time._lock) _time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
