namespace Gateway.Broker.Quotas;

/// <summary>A token bucket on the injected clock (the framework's limiters read their own).</summary>
internal sealed class TokenBucket(double capacity, double perSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = capacity;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Takes tokens, or says how long until there are so many.</summary>
    public bool TryTake(double count, out TimeSpan wait)
    {
        lock (_lock)
        {
            Refill();
            wait = _tokens >= count ? TimeSpan.Zero : TimeSpan.FromSeconds((count - _tokens) / perSecond);
            if (wait > TimeSpan.Zero) return false;
            _tokens -= count;
            return true;
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
                return _tokens >= capacity;
            }
        }
    }

    private void Refill()
    {
        long now = time.GetTimestamp();
        _tokens = Math.Min(capacity, _tokens + time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond);
        _filledAt = now;
    }
}
