namespace Gateway.Node.Circles;

/// <summary>Wakes the work on circles when an officer has ordered something.</summary>
public sealed class CircleWork(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _wanted = new(0, 1);

    /// <summary>There is something to do.</summary>
    public void Wake()
    {
        try
        {
            _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <summary>Ends when there is something to do, or after a time.</summary>
    public async Task WaitAsync(TimeSpan most, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = new(most, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        await _wanted.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Dispose() => _wanted.Dispose();
}
