namespace Gateway.Broker.Access;

/// <summary>How many control frames a connection may send: a store of them that fills up at a steady rate. A client's own need is a few a second: pings, acknowledged settings, cancelled calls.</summary>
internal sealed class FrameBudget(TimeProvider time)
{
    /// <summary>Frames a second.</summary>
    public const int Rate = 100;

    /// <summary>Frames at once.</summary>
    public const int Burst = 2_000;

    private double _left = Burst;
    private long _last = time.GetTimestamp();

    /// <summary>Frames taken so far.</summary>
    public long Spent { get; private set; }

    /// <summary>Takes one; false when there is none left.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp();
        _left = Math.Min(Burst, _left + (time.GetElapsedTime(_last, now).TotalSeconds * Rate)) - 1;
        _last = now;
        Spent++;
        return _left >= 0;
    }
}
