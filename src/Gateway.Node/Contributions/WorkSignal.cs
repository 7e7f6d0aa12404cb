using System.Threading.Channels;

namespace Gateway.Node.Contributions;

/// <summary>Says to one worker that there may be work. Set many times before it is waited for, it ends one wait.</summary>
public sealed class WorkSignal(TimeProvider time)
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Ends the worker's wait, or its next one.</summary>
    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Waits until it is set, or until some time has passed.</summary>
    public async Task WaitAsync(TimeSpan most, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = new(most, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _set.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Nobody set it in that time.
        }
    }
}
