using System.Collections.Concurrent;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Node.Tests.Life;

/// <summary>The way to a broker that takes acknowledgements, and answers as it is told.</summary>
internal sealed class AcknowledgementWire : CallInvoker
{
    public ConcurrentQueue<AcknowledgeRequest> Taken { get; } = new();

    public Func<AcknowledgeRequest, AcknowledgeResponse> Answer { get; set; } = _ => new AcknowledgeResponse();

    public byte[] Checkpoint { get; set; } = [];

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        object answer = request switch
        {
            AcknowledgeRequest acknowledgement => Take(acknowledgement),
            GetCheckpointRequest => new GetCheckpointResponse { Checkpoint = Google.Protobuf.ByteString.CopyFrom(Checkpoint) },
            _ => throw new NotSupportedException(method.FullName),
        };
        return new AsyncUnaryCall<TResponse>(Task.FromResult((TResponse)answer), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private AcknowledgeResponse Take(AcknowledgeRequest request)
    {
        Taken.Enqueue(request);
        return Answer(request);
    }
}
