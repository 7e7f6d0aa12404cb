using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>
/// Writes to a stream that can be ended from here. A write that is broken off takes the whole call with it, and the reason for the end, which the peer should hear, with that; so what is being written is
/// let through for a while, and only a peer that does not read is cut off.
/// </summary>
internal sealed class PatientWriter<T> : IServerStreamWriter<T>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IServerStreamWriter<T> _inner;
    private readonly CancellationTokenSource _stuck = new();
    private readonly CancellationTokenRegistration _ending;

    /// <param name="inner">The stream.</param>
    /// <param name="ended">Set when it is to end.</param>
    public PatientWriter(IServerStreamWriter<T> inner, CancellationToken ended)
    {
        _inner = inner;
        _ending = ended.Register(() => _stuck.CancelAfter(Patience));
    }

    /// <inheritdoc/>
    public WriteOptions? WriteOptions
    {
        get => _inner.WriteOptions;
        set => _inner.WriteOptions = value;
    }

    /// <inheritdoc/>
    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    /// <summary>Begins nothing once <paramref name="cancellationToken"/> is set, and ends what was begun.</summary>
    public Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : _inner.WriteAsync(message, _stuck.Token);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Dispose();
        _stuck.Dispose();
    }
}
