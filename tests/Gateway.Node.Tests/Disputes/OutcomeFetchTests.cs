using Gateway.Cryptography;
using Gateway.Node.Outcomes;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Disputes;

/// <summary>The hourly fetch of what the broker tells of outcomes.</summary>
public sealed class OutcomeFetchTests
{
    [Fact]
    public async Task A_fetch_that_was_broken_off_goes_on_where_it_was()
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()));
        await using TestCore core = await TestCore.StartAsync(log, time: time);
        await core.FollowAsync();
        OutcomeGrades grades = new();
        Pages wire = new() { FailsAt = 1 };
        AlarmBell alarms = new(core.Store, time, NullLogger<AlarmBell>.Instance);
        using OutcomeExchange exchange = new(core.Store, grades, core.Party.Id, wire, () => core.Log.View, alarms, RandomSource.System, time);
        await Assert.ThrowsAsync<RpcException>(() => exchange.FetchAsync(CancellationToken.None));
        await exchange.FetchAsync(CancellationToken.None);
        Assert.Equal([ByteString.Empty, Id(1), Id(1), Id(2)], wire.Asked);
        foreach (byte record in (byte[])[1, 2])
        {
            Hit hit = new() { RecordId = Id(record) };
            grades.Heed(hit);
            Assert.Equal(OutcomeGrade.Good, hit.OutcomeGrade);
        }

        // The next one begins anew.
        await exchange.FetchAsync(CancellationToken.None);
        Assert.Equal(ByteString.Empty, wire.Asked[4]);
    }

    private static ByteString Id(byte number) => ByteString.CopyFrom([.. new byte[31], number]);

    // A broker with two records, one on each page, that is away for one question.
    private sealed class Pages : CallInvoker
    {
        public List<ByteString> Asked { get; } = [];

        public int FailsAt { get; init; }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            new(AnswerAsync<TResponse>(request), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        private async Task<TResponse> AnswerAsync<TResponse>(object request)
        {
            await Task.Yield();
            if (request is not ListOutcomeGradesRequest asked) return (TResponse)(object)new ListOwnOutcomesResponse();
            Asked.Add(asked.After);
            if (Asked.Count == FailsAt + 1) throw new RpcException(new Status(StatusCode.Unavailable, "away"));
            ListOutcomeGradesResponse page = new();
            byte next = asked.After.IsEmpty ? (byte)1 : (byte)(asked.After[31] + 1);
            if (next <= 2) page.Records.Add(new GradedRecord { RecordId = Id(next), Grade = OutcomeGrade.Good });
            return (TResponse)(object)page;
        }
    }
}
