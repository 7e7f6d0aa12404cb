using Gateway.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Node.Tests.Cases;

/// <summary>Sits between a node and its real broker and changes what waits for the node.</summary>
internal sealed class CaseMeddler : Interceptor
{
    /// <summary>Changes an answer to FetchCaseMessages.</summary>
    public Action<FetchCaseMessagesResponse> Change { get; set; } = _ => { };

    /// <summary>Messages that passed, as the broker gave them.</summary>
    public List<WaitingCaseMessage> Passed { get; } = [];

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncUnaryCall<TResponse> call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(MeddleAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private async Task<TResponse> MeddleAsync<TResponse>(Task<TResponse> answer)
    {
        TResponse response = await answer;
        if (response is not FetchCaseMessagesResponse fetched) return response;
        lock (Passed) Passed.AddRange(fetched.Messages.Select(message => message.Clone()));
        Change(fetched);
        return response;
    }
}
