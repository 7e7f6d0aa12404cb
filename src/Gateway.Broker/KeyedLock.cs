using System.Collections.Concurrent;

namespace Gateway.Broker;

/// <summary>Lets one caller at a time work on a key; the others wait without a thread.</summary>
internal sealed class KeyedLock<TKey>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, TaskCompletionSource> _held = new();

    public async ValueTask<Holding> EnterAsync(TKey key, CancellationToken cancellation)
    {
        TaskCompletionSource mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            TaskCompletionSource holder = _held.GetOrAdd(key, mine);
            if (ReferenceEquals(holder, mine)) return new Holding(this, key, mine);
            await holder.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The key where nobody holds it now, or null.</summary>
    public Holding? TryEnter(TKey key)
    {
        TaskCompletionSource mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return _held.TryAdd(key, mine) ? new Holding(this, key, mine) : null;
    }

    internal readonly struct Holding(KeyedLock<TKey> owner, TKey key, TaskCompletionSource mine) : IDisposable
    {
        public void Dispose()
        {
            owner._held.TryRemove(key, out _);
            mine.SetResult();
        }
    }
}
