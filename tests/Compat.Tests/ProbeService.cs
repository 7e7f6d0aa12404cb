using Compat.Tests.Probing;
using Grpc.Core;

namespace Compat.Tests;

/// <summary>The server side of probe.proto.</summary>
internal sealed class ProbeService(CallJournal journal) : Probe.ProbeBase
{
    public override async Task<EchoReply> Echo(EchoRequest request, ServerCallContext context)
    {
        var headers = new Metadata();
        foreach (Metadata.Entry entry in context.RequestHeaders)
        {
            if (!entry.Key.StartsWith("probe-", StringComparison.Ordinal)) continue;
            headers.Add(entry);
            context.ResponseTrailers.Add(entry);
        }
        context.ResponseTrailers.Add("client-subject", context.GetHttpContext().Connection.ClientCertificate!.Subject);
        context.ResponseTrailers.Add("client-authenticated", context.AuthContext.IsPeerAuthenticated.ToString());
        await context.WriteResponseHeadersAsync(headers);
        return new EchoReply { Text = request.Text };
    }

    public override async Task Count(CountRequest request, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        for (int i = 1; i <= request.Limit; i++)
        {
            await responseStream.WriteAsync(new Number { Value = i }, context.CancellationToken);
        }
    }

    public override async Task<Number> Sum(IAsyncStreamReader<Number> requestStream, ServerCallContext context)
    {
        long sum = 0;
        await foreach (Number number in requestStream.ReadAllAsync(context.CancellationToken)) sum += number.Value;
        return new Number { Value = sum };
    }

    public override async Task Converse(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext())
        {
            await responseStream.WriteAsync(new EchoReply { Text = requestStream.Current.Text });
        }
    }

    public override Task<EchoReply> Fail(FailRequest request, ServerCallContext context)
    {
        var trailers = new Metadata { { "probe-reason", "asked for" }, { "probe-reason-bin", [0, 255, 128] } };
        throw new RpcException(new Status((StatusCode)request.Code, request.Detail), trailers);
    }

    public override async Task<EchoReply> Wait(WaitRequest request, ServerCallContext context)
    {
        journal.WaitStarted.TrySetResult(context.Deadline);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (context.CancellationToken.Register(cancelled.SetResult))
        {
            await cancelled.Task;
        }
        journal.WaitCancelled.TrySetResult();
        throw new OperationCanceledException(context.CancellationToken);
    }
}
