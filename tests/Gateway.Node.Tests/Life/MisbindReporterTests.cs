using System.Collections.Concurrent;
using Gateway.Cryptography;
using Gateway.Node.Life;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Life;

/// <summary>A record that fails a check at its opening is told to the broker, for as long as it takes, and once.</summary>
public sealed class MisbindReporterTests
{
    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public async Task What_failed_at_its_opening_is_reported_until_the_broker_has_taken_it_and_then_no_more()
    {
        TestLog log = new(UtcDay.Of(_time.GetUtcNow()));
        SealedRecord[] records = [log.Seal(), log.Seal(), log.Seal()];
        foreach (SealedRecord record in records) log.Publish(record);
        await using TestCore node = await TestCore.StartAsync(log, log.Steward, _time);
        await node.FollowAsync();
        foreach ((SealedRecord record, RecordCheck check) in records.Zip((RecordCheck[])[RecordCheck.KnownTagsListed, RecordCheck.BodyAuthenticates, RecordCheck.SlotOpens]))
        {
            await node.Matcher.QuarantineAsync((await node.Store.FindRecordAsync(record.Id, CancellationToken.None))!, check.ToString(), CancellationToken.None);
        }

        Wire wire = new() { Answers = { [records[0].Submission.RecordId] = StatusCode.Unavailable, [records[1].Submission.RecordId] = StatusCode.NotFound } };
        using MisbindReporter reporter = new(node.Store, node.Party.Keys, wire, new AlarmBell(node.Store, _time, NullLogger<AlarmBell>.Instance), RandomSource.System, _time);
        await reporter.StartAsync(CancellationToken.None);

        // The broker is away: it is asked again, from the first on, and not all the time.
        await wire.UntilAsync(taken => taken.Count > 0, _time);
        Assert.All(wire.Taken, report => Assert.Equal(records[0].Submission.RecordId, report.RecordId));
        wire.Answers.TryRemove(records[0].Submission.RecordId, out _);
        await wire.UntilAsync(taken => taken[^1].RecordId == records[2].Submission.RecordId, _time);
        for (int round = 0; round < 5; round++) _time.Advance(TimeSpan.FromMinutes(1));
        await reporter.StopAsync(CancellationToken.None);
        int tries = wire.Taken.Count - 2;
        Assert.True(tries >= 2, $"asked {tries} times for the first");
        Assert.Equal([.. Enumerable.Repeat(MisbindCheck.KnownTagsListed, tries), MisbindCheck.BodyAuthenticates, MisbindCheck.SlotOpens], wire.Taken.Select(report => report.Check));
        Assert.Equal(records.Select(record => record.Submission.RecordId), wire.Taken.Select(report => report.RecordId).Distinct());
        Assert.All(wire.Taken, report => Assert.True(node.Party.Keys.Node.PublicKey.Verify(RecordFormat.MisbindMessage(RecordId.FromBytes(report.RecordId.Span), report.Check), report.Signature.Span)));
        Assert.Empty(await node.Store.ReadUnreportedAsync(10, CancellationToken.None));
    }

    private sealed class Wire : CallInvoker
    {
        private readonly Lock _lock = new();
        private readonly List<ReportMisboundRequest> _taken = [];

        public ConcurrentDictionary<ByteString, StatusCode> Answers { get; } = [];

        public IReadOnlyList<ReportMisboundRequest> Taken
        {
            get
            {
                lock (_lock) return [.. _taken];
            }
        }

        public async Task UntilAsync(Func<IReadOnlyList<ReportMisboundRequest>, bool> holds, ManualTime time)
        {
            while (!holds(Taken))
            {
                await Task.Delay(10);
                time.Advance(TimeSpan.FromSeconds(40));
            }
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            ReportMisboundRequest report = (ReportMisboundRequest)(object)request;
            lock (_lock) _taken.Add(report);
            Task<TResponse> answer = Answers.TryGetValue(report.RecordId, out StatusCode refused)
                ? Task.FromException<TResponse>(new RpcException(new Status(refused, "told to")))
                : Task.FromResult((TResponse)(object)new ReportMisboundResponse());
            return new AsyncUnaryCall<TResponse>(answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
