using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Protocol.Errors;

namespace Gateway.Broker.Quotas;

/// <summary>One bucket for each caller; callers nobody has seen for a while are forgotten.</summary>
/// <param name="name">What is limited, for the refusal.</param>
/// <param name="capacity">How many at once after a pause.</param>
/// <param name="perSecond">How many a second in the long run.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimiter<TKey>(string name, double capacity, double perSecond, TimeProvider time)
    where TKey : notnull
{
    private const int MostBuckets = 10_000;

    private readonly ConcurrentDictionary<TKey, TokenBucket> _buckets = new();

    /// <summary>Null, or why the caller has to wait.</summary>
    public Refusal? TryTake(TKey caller, int count)
    {
        return BucketOf(caller).TryTake(count, out TimeSpan wait)
            ? null
            : Refusal.Exhausted("RATE_LIMITED", $"Too many {name} in a short time.", name, string.Create(CultureInfo.InvariantCulture, $"Try again in {Math.Ceiling(wait.TotalSeconds)} s.")) with { RetryAfter = wait };
    }

    /// <summary>Counts what the caller has used at another broker.</summary>
    public void Owe(TKey caller, long count) => BucketOf(caller).Owe(count);

    private TokenBucket BucketOf(TKey caller)
    {
        if (_buckets.Count > MostBuckets) Forget();
        return _buckets.GetOrAdd(caller, _ => new TokenBucket(capacity, perSecond, time));
    }

    // A stranger with many addresses must not fill the memory: full buckets carry no information.
    private void Forget()
    {
        foreach ((TKey key, TokenBucket bucket) in _buckets)
        {
            if (bucket.IsFull) _buckets.TryRemove(key, out _);
        }
    }
}
