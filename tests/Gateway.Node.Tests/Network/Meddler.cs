using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Tests.Network;

/// <summary>Sits between a node and its real broker and changes the feed.</summary>
internal sealed class Meddler : Interceptor
{
    /// <summary>Changes a message of the feed.</summary>
    public Action<FollowResponse> Change { get; set; } = _ => { };

    /// <summary>Whether the stream is lost right behind the first message.</summary>
    public bool HangsUp { get; init; }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncServerStreamingCall<TResponse> call = continuation(request, context);
        return new AsyncServerStreamingCall<TResponse>(new Reader<TResponse>(call.ResponseStream, this), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, Meddler meddler) : IAsyncStreamReader<T>
    {
        public T Current { get; private set; } = default!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (meddler.HangsUp && Current is not null) throw new RpcException(new Status(StatusCode.Unavailable, "hung up"));
            if (!await inner.MoveNext(cancellationToken)) return false;
            Current = inner.Current;
            if (Current is FollowResponse message) meddler.Change(message);
            return true;
        }
    }
}
