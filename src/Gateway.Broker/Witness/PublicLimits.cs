using System.Net;
using Gateway.Broker.Quotas;
using Gateway.Protocol.Errors;

namespace Gateway.Broker.Witness;

/// <summary>What strangers' readings of the log may cost: so many requests of one address, and so many readings of the store at once, whoever asks. Beyond that somebody waits, and beyond that is told to come back.</summary>
public sealed class PublicLimits(int perSecond, TimeProvider time) : IDisposable
{
    private const int AtOnce = 4, MostWaiting = 256;

    private readonly RateLimiter<IPAddress> _addresses = new("requests of the public log", perSecond * 4.0, perSecond, time);
    private readonly SemaphoreSlim _reading = new(AtOnce, AtOnce);
    private int _waiting;

    /// <summary>Null, or why an address has to wait.</summary>
    public Refusal? TryTake(IPAddress? address) => _addresses.TryTake(address ?? IPAddress.None, 1);

    /// <summary>Reads when it is its turn; false, and nothing was read, where too many wait.</summary>
    public async ValueTask<bool> TryReadAsync(Func<ValueTask> read, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            await read().ConfigureAwait(false);
            return true;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reading.Dispose();
}
