namespace Grpc.Core;

/// <summary>A started call of many requests and many responses, each side at its own pace.</summary>
/// <typeparam name="TRequest">Type of the request messages.</typeparam>
/// <typeparam name="TResponse">Type of the response messages.</typeparam>
public sealed class AsyncDuplexStreamingCall<TRequest, TResponse> : IDisposable
{
    private readonly CallState call;

    /// <summary>A call as a transport or an interceptor makes it, with functions that close over what they need.</summary>
    public AsyncDuplexStreamingCall(
        IClientStreamWriter<TRequest> requestStream, IAsyncStreamReader<TResponse> responseStream, Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
        : this(requestStream, responseStream, CallState.From(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction))
    {
    }

    /// <summary>A call whose functions are each given the same state.</summary>
    public AsyncDuplexStreamingCall(
        IClientStreamWriter<TRequest> requestStream, IAsyncStreamReader<TResponse> responseStream, Func<object, Task<Metadata>> responseHeadersAsync,
        Func<object, Status> getStatusFunc, Func<object, Metadata> getTrailersFunc, Action<object> disposeAction, object state)
        : this(requestStream, responseStream, new CallState(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction, state))
    {
    }

    private AsyncDuplexStreamingCall(IClientStreamWriter<TRequest> requestStream, IAsyncStreamReader<TResponse> responseStream, CallState call)
    {
        RequestStream = requestStream;
        ResponseStream = responseStream;
        this.call = call;
    }

    /// <summary>Where the requests go; complete it when there are no more.</summary>
    public IClientStreamWriter<TRequest> RequestStream { get; }

    /// <summary>Where the responses come from; reading fails with an <see cref="RpcException"/> if the call ends other than OK.</summary>
    public IAsyncStreamReader<TResponse> ResponseStream { get; }

    /// <summary>The headers the server answered with; completes when they arrive, or fails as the call does.</summary>
    public Task<Metadata> ResponseHeadersAsync => call.Headers();

    /// <summary>How the call ended.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Status GetStatus() => call.Status();

    /// <summary>The trailers that came with the end of the call.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Metadata GetTrailers() => call.Trailers();

    /// <summary>Cancels the call if it has not ended, and lets go of what it holds. A call that was read to its end needs none.</summary>
    public void Dispose() => call.Dispose();
}
