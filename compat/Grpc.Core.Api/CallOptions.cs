using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>What a caller asks of one call besides its request. The With methods return changed copies.</summary>
public struct CallOptions
{
    /// <summary>Options of a call; whatever is left out stays at the channel's default.</summary>
    [SuppressMessage("Design", "CA1068", Justification = "The real assemblies and generated code are compiled against this order.")]
    public CallOptions(
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null, ContextPropagationToken? propagationToken = null, CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Headers to send.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>When the call ends with <see cref="StatusCode.DeadlineExceeded"/>, in UTC; null for never.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Ends the call with <see cref="StatusCode.Cancelled"/>.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How messages are written.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>The server call that this call is made for.</summary>
    public ContextPropagationToken? PropagationToken { get; private init; }

    /// <summary>Credentials of this call, besides those of the channel.</summary>
    public CallCredentials? Credentials { get; private init; }

    /// <summary>Whether the call waits for a connection that is down instead of failing with <see cref="StatusCode.Unavailable"/>.</summary>
    public bool IsWaitForReady { get; private init; }

    /// <summary>These options with other headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>These options with another deadline, in UTC.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>These options with another cancellation token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>These options with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>These options for a call made on behalf of a server call.</summary>
    public CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>These options with other call credentials.</summary>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>These options, waiting for a connection or not.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
