using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Tests.Network;

/// <summary>Counts a node's calls of the broker by method, and keeps every failure that the node did not want itself.</summary>
internal sealed class CallCounter : Interceptor
{
    public ConcurrentDictionary<string, int> Calls { get; } = new();

    public ConcurrentQueue<string> Failures { get; } = new();

    public int Of(string method) => Calls.Where(call => call.Key.EndsWith("/" + method, StringComparison.Ordinal)).Sum(call => call.Value);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncUnaryCall<TResponse> call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(WatchAsync(call.ResponseAsync, context.Method.FullName, context.Options.CancellationToken), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncServerStreamingCall<TResponse> call = continuation(request, context);
        return new AsyncServerStreamingCall<TResponse>(new Reader<TResponse>(call.ResponseStream, this, context.Method.FullName, context.Options.CancellationToken), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncDuplexStreamingCall<TRequest, TResponse> call = continuation(context);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream, new Reader<TResponse>(call.ResponseStream, this, context.Method.FullName, context.Options.CancellationToken), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private async Task<T> WatchAsync<T>(Task<T> step, string method, CancellationToken wanted)
    {
        Calls.AddOrUpdate(method, 1, (_, count) => count + 1);
        try
        {
            return await step;
        }
        catch (Exception fault) when (!wanted.IsCancellationRequested)
        {
            Failures.Enqueue($"{method}: {fault.Message}");
            throw;
        }
    }

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, CallCounter counter, string method, CancellationToken wanted) : IAsyncStreamReader<T>
    {
        private bool _begun;

        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!_begun) counter.Calls.AddOrUpdate(method, 1, (_, count) => count + 1);
            _begun = true;
            try
            {
                return await inner.MoveNext(cancellationToken);
            }
            catch (Exception fault) when (!wanted.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                counter.Failures.Enqueue($"{method}: {fault.Message}");
                throw;
            }
        }
    }
}
