using Gateway.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Tests.Cases;

/// <summary>Breaks one of a node's calls about cases: before it reaches the broker, or after the broker has done it and before the node hears of it.</summary>
internal sealed class CaseBreaker : Interceptor
{
    private int _left = -1;
    private bool _after;

    /// <summary>The call that was broken, or null.</summary>
    public string? Broken { get; private set; }

    /// <summary>Breaks the call that comes after so many others.</summary>
    public void Arm(int others, bool after)
    {
        (Broken, _after) = (null, after);
        Volatile.Write(ref _left, others);
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (context.Method.ServiceName != CasesService.Descriptor.FullName || Interlocked.Decrement(ref _left) != -1) return continuation(request, context);
        Broken = context.Method.Name;
        AsyncUnaryCall<TResponse>? call = _after ? continuation(request, context) : null;
        return new AsyncUnaryCall<TResponse>(BreakAsync(call), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => call?.Dispose());
    }

    private static async Task<TResponse> BreakAsync<TResponse>(AsyncUnaryCall<TResponse>? call)
    {
        if (call is not null) await call.ResponseAsync;
        throw new RpcException(new Status(StatusCode.Unavailable, "broken off"));
    }
}
