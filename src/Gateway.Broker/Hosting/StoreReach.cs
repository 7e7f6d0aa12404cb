namespace Gateway.Broker.Hosting;

/// <summary>
/// Whether the database that several brokers share can be reached from this one, as its last look went. While it cannot, streams end here and are refused: another broker serves their nodes better than one that knows of nothing new.
/// </summary>
public sealed class StoreReach : IDisposable
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _lost = new();

    /// <summary>Whether it is lost.</summary>
    public bool IsLost => Lost.IsCancellationRequested;

    /// <summary>Cancelled when it is lost; another one after it was found again.</summary>
    public CancellationToken Lost
    {
        get
        {
            lock (_lock) return _lost.Token;
        }
    }

    /// <summary>A look at the store did or did not succeed.</summary>
    public void Note(bool reached)
    {
        CancellationTokenSource? lost = null;
        lock (_lock)
        {
            if (reached && _lost.IsCancellationRequested) _lost = new CancellationTokenSource();
            else if (!reached && !_lost.IsCancellationRequested) lost = _lost;
        }

        lost?.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => _lost.Dispose();
}
