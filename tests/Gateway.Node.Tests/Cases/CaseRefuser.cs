using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Tests.Cases;

/// <summary>Answers a node's calls of one name in the broker's stead, for as long as it is told to.</summary>
internal sealed class CaseRefuser(string method) : Interceptor
{
    /// <summary>What the next call is answered with; null where the broker is to answer.</summary>
    public Func<StatusCode?> Answer { get; set; } = () => null;

    /// <summary>Calls of the name so far.</summary>
    public int Calls { get; private set; }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (context.Method.Name != method) return continuation(request, context);
        Calls++;
        if (Answer() is not { } code) return continuation(request, context);
        Status status = new(code, "refused");
        return new AsyncUnaryCall<TResponse>(Task.FromException<TResponse>(new RpcException(status)), Task.FromResult(new Metadata()), () => status, () => [], () => { });
    }
}
