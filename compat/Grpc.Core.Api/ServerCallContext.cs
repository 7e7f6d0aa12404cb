namespace Grpc.Core;

/// <summary>A call as its server method sees it. The server implements the members whose names end in Core.</summary>
public abstract class ServerCallContext
{
    private Dictionary<object, object>? userState;

    /// <summary>A call that is about to be served.</summary>
    protected ServerCallContext()
    {
    }

    /// <summary>The method called, as "/" service name "/" method name.</summary>
    public string Method => MethodCore;

    /// <summary>The host the client named.</summary>
    public string Host => HostCore;

    /// <summary>Address of the peer, such as "ipv4:127.0.0.1:50051".</summary>
    public string Peer => PeerCore;

    /// <summary>When the client stops waiting, in UTC; DateTime.MaxValue for never.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>The headers the client sent.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Cancelled when the client cancels, disconnects, or its deadline has passed.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>Trailers to send at the end of the call; add to them.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>The status to end the call with, if its method returns.</summary>
    public Status Status { get => StatusCore; set => StatusCore = value; }

    /// <summary>How response messages are written.</summary>
    public WriteOptions? WriteOptions { get => WriteOptionsCore; set => WriteOptionsCore = value; }

    /// <summary>What the transport proved about the peer.</summary>
    public AuthContext AuthContext => AuthContextCore;

    /// <summary>What interceptors and the method leave for each other during this call.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>Sends the response headers, which may be done once and before the first message.</summary>
    /// <exception cref="InvalidOperationException">They have been sent.</exception>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <summary>A token with which client calls are made on behalf of this call, if the server can make one.</summary>
    public ContextPropagationToken CreatePropagationToken(ContextPropagationOptions? options = null) => CreatePropagationTokenCore(options);

    /// <summary>Implements <see cref="Method"/>.</summary>
    protected abstract string MethodCore { get; }

    /// <summary>Implements <see cref="Host"/>.</summary>
    protected abstract string HostCore { get; }

    /// <summary>Implements <see cref="Peer"/>.</summary>
    protected abstract string PeerCore { get; }

    /// <summary>Implements <see cref="Deadline"/>.</summary>
    protected abstract DateTime DeadlineCore { get; }

    /// <summary>Implements <see cref="RequestHeaders"/>.</summary>
    protected abstract Metadata RequestHeadersCore { get; }

    /// <summary>Implements <see cref="CancellationToken"/>.</summary>
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <summary>Implements <see cref="ResponseTrailers"/>.</summary>
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <summary>Implements <see cref="Status"/>.</summary>
    protected abstract Status StatusCore { get; set; }

    /// <summary>Implements <see cref="WriteOptions"/>.</summary>
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>Implements <see cref="AuthContext"/>.</summary>
    protected abstract AuthContext AuthContextCore { get; }

    /// <summary>Implements <see cref="UserState"/>; a dictionary made on first use unless overridden.</summary>
    protected virtual IDictionary<object, object> UserStateCore => userState ??= [];

    /// <summary>Implements <see cref="CreatePropagationToken"/>.</summary>
    protected abstract ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options);

    /// <summary>Implements <see cref="WriteResponseHeadersAsync"/>.</summary>
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);
}
