namespace Gateway.Broker.Sequencing;

/// <summary>Tells followers that the log has grown. Costs a waiting follower one task and no memory of what it missed.</summary>
public sealed class LogSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _size;

    /// <summary>Leaves under the newest checkpoint.</summary>
    public ulong Size
    {
        get
        {
            lock (_lock) return _size;
        }
    }

    /// <summary>Completes when the log has more than <paramref name="size"/> leaves.</summary>
    public async ValueTask WaitBeyondAsync(ulong size, CancellationToken cancellation)
    {
        while (true)
        {
            Task grown;
            lock (_lock)
            {
                if (_size > size) return;
                grown = _grown.Task;
            }

            await grown.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    internal void Announce(ulong size)
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            _size = size;
            grown = _grown;
            _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        grown.SetResult();
    }
}
