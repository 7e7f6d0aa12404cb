namespace Gateway.Broker.Quotas;

/// <summary>A token bucket on the injected clock (the framework's limiters read their own).</summary>
internal sealed class TokenBucket
{
    /// <summary>
    /// What two or three brokers let through before they hear of each other is owed whole; what was used during an hour in which this one could not hear of it, is not.
    /// </summary>
    public const int MostOwed = 4;

    private readonly Lock _lock = new();
    private readonly double _capacity;
    private readonly double _perSecond;
    private readonly TimeProvider _time;
    private double _tokens;
    private long _filledAt;

    /// <summary>A full bucket.</summary>
    public TokenBucket(double capacity, double perSecond, TimeProvider time)
    {
        _capacity = _tokens = capacity;
        _perSecond = perSecond;
        _time = time;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>Takes tokens, or says how long until there are so many.</summary>
    public bool TryTake(double count, out TimeSpan wait)
    {
        lock (_lock)
        {
            Refill();
            wait = _tokens >= count ? TimeSpan.Zero : TimeSpan.FromSeconds((count - _tokens) / _perSecond);
            if (wait > TimeSpan.Zero) return false;
            _tokens -= count;
            return true;
        }
    }

    /// <summary>Takes tokens that were used elsewhere already: there may be fewer than none afterwards, but no more are owed than <see cref="MostOwed"/> buckets hold.</summary>
    public void Owe(double count)
    {
        lock (_lock)
        {
            Refill();
            _tokens = Math.Max(-MostOwed * _capacity, _tokens - count);
        }
    }

    /// <summary>Whether nobody has taken anything for so long that a new bucket would be the same.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                Refill();
                return _tokens >= _capacity;
            }
        }
    }

    private void Refill()
    {
        long now = _time.GetTimestamp();
        _tokens = Math.Min(_capacity, _tokens + _time.GetElapsedTime(_filledAt, now).TotalSeconds * _perSecond);
        _filledAt = now;
    }
}
