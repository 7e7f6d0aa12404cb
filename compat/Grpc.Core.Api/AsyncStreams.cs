namespace Grpc.Core;

/// <summary>The receiving end of a stream of messages. One read at a time.</summary>
/// <typeparam name="T">Type of the messages.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message read last; meaningful after <see cref="MoveNext"/> has returned true.</summary>
    T Current { get; }

    /// <summary>Reads the next message. False at the end of the stream.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>The sending end of a stream of messages. One write at a time.</summary>
/// <typeparam name="T">Type of the messages.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the next messages are written; null for the call's own options.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message; completes when the next may be written.</summary>
    Task WriteAsync(T message);

    /// <summary>Writes a message unless cancelled, which ends the call.</summary>
    /// <exception cref="NotSupportedException">The writer cannot cancel a write, and the token can be cancelled.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled
            ? throw new NotSupportedException($"{GetType()} cannot cancel a write. Write without a cancellation token.")
            : WriteAsync(message);
}

/// <summary>A client's sending end: it says when there are no more messages.</summary>
/// <typeparam name="T">Type of the messages.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Ends the stream of requests; the call goes on until the server ends it.</summary>
    Task CompleteAsync();
}

/// <summary>A server's sending end: the stream ends when the server method does.</summary>
/// <typeparam name="T">Type of the messages.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;
