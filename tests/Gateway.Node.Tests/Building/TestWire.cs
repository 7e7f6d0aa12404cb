using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Broker.Evaluators;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Tests.Building;

/// <summary>The network to a broker that keeps a <see cref="TestLog"/>: honest, unless a test answers in its place.</summary>
internal sealed class TestWire(TestLog log, TestParty peer, string evaluator = "broker") : CallInvoker
{
    private readonly ConcurrentDictionary<RecordId, int> _published = new();

    /// <summary>Answers a submission in the broker's place; null lets the broker answer.</summary>
    public Func<Submission, PublishOutcome?> Publishing { get; set; } = _ => null;

    /// <summary>Changes the broker's answer to a submission.</summary>
    public Action<PublishOutcome> Published { get; set; } = _ => { };

    /// <summary>Changes the broker's receipt of a withdrawal.</summary>
    public Action<Receipt> Withdrawn { get; set; } = _ => { };

    /// <summary>Changes an evaluator's answer.</summary>
    public Action<EvaluateResponse> Evaluated { get; set; } = _ => { };

    /// <summary>An evaluator with other keys that answers, and proves, in its place.</summary>
    public OprfShare? Instead { get; set; }

    /// <summary>Whether nobody answers.</summary>
    public bool IsAway { get; set; }

    public ConcurrentQueue<Submission> Submissions { get; } = new();

    public ConcurrentQueue<EvaluateRequest> Evaluations { get; } = new();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        Task<TResponse> answer = Task.Run(() => IsAway ? throw Away() : (TResponse)(object)(request switch
        {
            EvaluateRequest evaluate => Evaluate(evaluate),
            WithdrawRequest withdraw => Withdraw(withdraw),
            _ => throw new RpcException(new Status(StatusCode.Unimplemented, method.Name)),
        }));
        return new AsyncUnaryCall<TResponse>(answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        if (IsAway) throw Away();
        Channel<PublishResponse> answers = Channel.CreateUnbounded<PublishResponse>();
        return (AsyncDuplexStreamingCall<TRequest, TResponse>)(object)new AsyncDuplexStreamingCall<PublishRequest, PublishResponse>(
            new Requests(this, answers.Writer), new Responses(answers.Reader), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private static RpcException Away() => new(new Status(StatusCode.Unavailable, "nobody answers"));

    private EvaluateResponse Evaluate(EvaluateRequest request)
    {
        Evaluations.Enqueue(request);
        VoprfEvaluation evaluation = (Instead ?? log.Evaluators[evaluator]).ServerOf(request.IdentifierClass)!.Evaluate([.. request.BlindedElements.Select(element => RistrettoElement.TryFromBytes(element.Span, out RistrettoElement parsed) ? parsed : throw new InvalidOperationException("not an element"))]);
        EvaluateResponse response = new() { Proof = ByteString.CopyFrom(evaluation.Proof.ToArray()), EvaluatedElements = { evaluation.Elements.Select(element => ByteString.CopyFrom(element.ToArray())) } };
        Evaluated(response);
        return response;
    }

    private PublishOutcome Publish(Submission submission)
    {
        lock (log)
        {
            Submissions.Enqueue(submission);
            RecordId id = RecordId.FromBytes(submission.RecordId.Span);
            if (Publishing(submission) is { } instead) return instead;
            int index = _published.GetOrAdd(id, _ =>
            {
                SealedRecord record = new(id, [], submission);
                return (int)log.Publish(record, peer);
            });
            PublishOutcome outcome = new() { RecordId = submission.RecordId, Receipt = log.ReceiptOf(index) };
            Published(outcome);
            return outcome;
        }
    }

    private WithdrawResponse Withdraw(WithdrawRequest request)
    {
        lock (log)
        {
            int published = log.Find(entry => entry.RecordPublished?.RecordId == request.RecordId);
            if (published < 0) throw Refusal.NotFound("RECORD_UNKNOWN", "There is no such record in the log.", "record", "Check the id.").ToRpcException();
            int index = log.Find(entry => entry.RecordWithdrawn?.RecordId == request.RecordId);
            if (index < 0)
            {
                RecordPublished record = Entry.Parser.ParseFrom(log[published].Entry).RecordPublished;
                log.Add(
                    new Entry { RecordWithdrawn = new RecordWithdrawn { RecordId = request.RecordId, CircleId = record.CircleId, Epoch = record.Epoch, Reason = request.Reason, ReplacementId = request.ReplacementId, Signature = request.Signature } },
                    log.Circle.RouteKey);
                index = (int)log.Size - 1;
            }

            Receipt receipt = log.ReceiptOf(index);
            Withdrawn(receipt);
            return new WithdrawResponse { Receipt = receipt };
        }
    }

    private sealed class Requests(TestWire wire, ChannelWriter<PublishResponse> answers) : IClientStreamWriter<PublishRequest>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(PublishRequest message)
        {
            answers.TryWrite(new PublishResponse { Outcomes = { message.Submissions.Select(wire.Publish) } });
            return Task.CompletedTask;
        }

        public Task WriteAsync(PublishRequest message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task CompleteAsync()
        {
            answers.Complete();
            return Task.CompletedTask;
        }
    }

    private sealed class Responses(ChannelReader<PublishResponse> answers) : IAsyncStreamReader<PublishResponse>
    {
        public PublishResponse Current { get; private set; } = new();

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await answers.WaitToReadAsync(cancellationToken)) return false;
            Current = await answers.ReadAsync(cancellationToken);
            return true;
        }
    }
}
