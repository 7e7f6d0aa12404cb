using Gateway.Protocol.Errors;
using Grpc.Core;

namespace Gateway.Node.Broker;

/// <summary>
/// Starts each call on the channel of the moment, so that whoever holds this invoker need not know of renewals, nor that the broker has several addresses. Where it has, every call tells when it was answered
/// UNAVAILABLE or was cut: the connection then goes over to the next address. A call with one answer is asked once more there; a stream is its owner's to open again, from where it was.
/// </summary>
internal sealed class FailoverInvoker(BrokerConnection connection) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        AsyncUnaryCall<TResponse> Start(CallInvoker invoker) => invoker.AsyncUnaryCall(method, host, options, request);
        OpenChannel channel = connection.Current;
        if (!connection.Addresses.AreSeveral) return Start(channel.Invoker);
        RepeatedCall<TResponse> call = new(connection, channel, Start);
        Task<TResponse> answer = call.RunAsync();
        return new AsyncUnaryCall<TResponse>(answer, call.HeadersAsync(answer), () => call.Latest.GetStatus(), () => call.Latest.GetTrailers(), () => call.Latest.Dispose());
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Course course = new(connection);
        AsyncServerStreamingCall<TResponse> call = course.Invoker.AsyncServerStreamingCall(method, host, options, request);
        if (!connection.Addresses.AreSeveral) return call;
        _ = course.WatchAsync(call.ResponseHeadersAsync);
        return new AsyncServerStreamingCall<TResponse>(new WatchedReader<TResponse>(call.ResponseStream, course), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Course course = new(connection);
        AsyncClientStreamingCall<TRequest, TResponse> call = course.Invoker.AsyncClientStreamingCall(method, host, options);
        if (connection.Addresses.AreSeveral) _ = course.WatchAsync(call.ResponseAsync);
        return call;
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Course course = new(connection);
        AsyncDuplexStreamingCall<TRequest, TResponse> call = course.Invoker.AsyncDuplexStreamingCall(method, host, options);
        if (!connection.Addresses.AreSeveral) return call;
        _ = course.WatchAsync(call.ResponseHeadersAsync);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new WatchedWriter<TRequest>(call.RequestStream, course), new WatchedReader<TResponse>(call.ResponseStream, course), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    /// <summary>What a stream is on: the channel, and the address in use when it began.</summary>
    private sealed class Course(BrokerConnection connection)
    {
        private readonly OpenChannel _channel = connection.Current;
        private readonly Uri? _at = connection.Current.Address;

        public CallInvoker Invoker => _channel.Invoker;

        public void OnAnswered() => connection.Addresses.Answered();

        public void OnFault(RpcException fault) => connection.OnFault(fault, _channel, _at);

        /// <summary>Its owner may never ask how the stream went on after it had failed to begin, or to be written.</summary>
        public async Task WatchAsync(Task part)
        {
            await part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (part.Exception?.InnerException is RpcException fault) OnFault(fault);
        }
    }

    /// <summary>One question, asked a second time at another address where the first is UNAVAILABLE: all that a node asks may be asked again.</summary>
    private sealed class RepeatedCall<TResponse>(BrokerConnection connection, OpenChannel channel, Func<CallInvoker, AsyncUnaryCall<TResponse>> start)
    {
        private readonly Uri? _at = channel.Address;

        public AsyncUnaryCall<TResponse> Latest { get; private set; } = start(channel.Invoker);

        public async Task<TResponse> RunAsync()
        {
            try
            {
                TResponse answer = await Latest.ResponseAsync.ConfigureAwait(false);
                connection.Addresses.Answered();
                return answer;
            }
            catch (RpcException fault) when (fault.IsLoss())
            {
                connection.OnFault(fault, channel, _at);
                OpenChannel next = connection.Current;
                if (next == channel || !connection.MayRepeat) throw;
                Latest.Dispose();
                Latest = start(next.Invoker);
            }

            return await Latest.ResponseAsync.ConfigureAwait(false);
        }

        // Of whichever call was answered: headers of one that failed say nothing.
        public async Task<Metadata> HeadersAsync(Task answer)
        {
            await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return await Latest.ResponseHeadersAsync.ConfigureAwait(false);
        }
    }

    private sealed class WatchedReader<T>(IAsyncStreamReader<T> inner, Course course) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                bool more = await inner.MoveNext(cancellationToken).ConfigureAwait(false);
                if (more) course.OnAnswered();
                return more;
            }
            catch (RpcException fault)
            {
                course.OnFault(fault);
                throw;
            }
        }
    }

    private sealed class WatchedWriter<T>(IClientStreamWriter<T> inner, Course course) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WatchedAsync(inner.WriteAsync(message));

        public Task WriteAsync(T message, CancellationToken cancellationToken) => WatchedAsync(inner.WriteAsync(message, cancellationToken));

        public Task CompleteAsync() => WatchedAsync(inner.CompleteAsync());

        private Task WatchedAsync(Task writing)
        {
            _ = course.WatchAsync(writing);
            return writing;
        }
    }
}
