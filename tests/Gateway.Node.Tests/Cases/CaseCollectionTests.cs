using Gateway.Cryptography;
using Gateway.Node.Cases;
using Gateway.Node.Feed;
using Gateway.Node.Tests.Building;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Cases;

/// <summary>What a sender can make a node fetch that it will never have, and how often.</summary>
public sealed class CaseCollectionTests : IAsyncLifetime, IDisposable
{
    private const int Chunks = 300;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gw-cases-");
    private readonly MemberKeys _keys = MemberKeys.FromSeed(RandomSource.System.GetBytes(MemberKeys.SeedSize));
    private readonly ManualTime _time = ManualTime.Now();
    private readonly ThreadId _thread = ThreadId.FromBytes(RandomSource.System.GetBytes(ThreadId.Size));
    private readonly FakeBroker _broker = new();
    private SqliteNodeStore _store = null!;

    public async Task InitializeAsync() => _store = await SqliteNodeStore.OpenAsync(Path.Combine(_folder.FullName, "store.db"), _time, CancellationToken.None);

    public Task DisposeAsync() => _store.DisposeAsync().AsTask();

    public void Dispose()
    {
        _keys.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Chunks_that_nobody_sends_are_asked_for_some_in_a_round_ever_more_rarely_and_not_for_ever()
    {
        long message = await ReceiveAsync(Chunks);
        CaseChunkCollection chunks = new(_store, _broker, _time);
        Assert.Equal([128, 128, 44, 0], await RoundsAsync(chunks, 4));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([128, 128, 44, 0], await RoundsAsync(chunks, 4));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([0, 0], await RoundsAsync(chunks, 2));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Chunks, (await RoundsAsync(chunks, 4)).Sum());
        _time.Advance(CaseChunkCollection.Lifetime);
        Assert.Equal(Chunks, (await RoundsAsync(chunks, 4)).Sum());
        Assert.Empty(await _store.Cases.ReadOpenChunksAsync(own: false, 0, 1, CancellationToken.None));
        Assert.Equal((Chunks, 0), (await _store.Cases.CountChunksAsync(message, CancellationToken.None))[0]);
    }

    [Fact]
    public async Task Chunks_of_a_closed_case_are_asked_for_a_day_longer()
    {
        await ReceiveAsync(1);
        CaseChunkCollection chunks = new(_store, _broker, _time);
        await _store.Cases.CloseAsync(1, (int)CaseClosing.ByTheOtherEnd, _time.GetUtcNow(), CancellationToken.None);
        Assert.Equal([1], await RoundsAsync(chunks, 1));
        _time.Advance(CaseChunkCollection.LifetimeOfClosed);
        Assert.Equal([1, 0], await RoundsAsync(chunks, 2));
        Assert.Empty(await _store.Cases.ReadOpenChunksAsync(own: false, 0, 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_chunk_that_is_here_but_of_which_the_broker_has_not_heard_is_told_of_again_and_not_fetched_again()
    {
        byte[] chunk = RandomSource.System.GetBytes(4_096);
        long message = await ReceiveAsync(1, CaseFormat.HashOf(chunk));
        (_broker.Chunk, _broker.IsDeaf) = (chunk, true);
        await Assert.ThrowsAsync<RpcException>(() => new CaseChunkCollection(_store, _broker, _time).RunAsync(CancellationToken.None));
        Assert.Equal(chunk, (await _store.Cases.FindChunkAsync(message, 0, 0, CancellationToken.None))!.Chunk);
        _broker.IsDeaf = false;
        CaseChunkCollection restarted = new(_store, _broker, _time);
        Assert.Equal([0], await RoundsAsync(restarted, 1));
        Assert.Equal(1, _broker.Acknowledged);
        Assert.Equal((1, 1), (await _store.Cases.CountChunksAsync(message, CancellationToken.None))[0]);
    }

    [Fact]
    public async Task What_cannot_be_judged_is_fetched_again_from_the_first_such_message_on_when_the_log_has_grown_and_ever_more_rarely()
    {
        // The case of its thread is damaged: nobody can say whether it holds.
        StoredCase damaged = new() { Thread = _thread, Role = (int)CaseRole.Asker, Record = default, Sealed = new byte[100], OpenedAt = _time.GetUtcNow(), ChangedAt = _time.GetUtcNow() };
        await _store.Cases.AddOwnAsync(damaged, new StoredCaseMessage { Own = true, Counter = 1, State = CaseMessageStatus.Delivered, Hash = new byte[32], Sealed = [], At = _time.GetUtcNow() }, [], [], CancellationToken.None);
        _broker.Waiting.Add(new WaitingCaseMessage { Number = 7, Thread = ByteString.CopyFrom(_thread.ToArray()), Sealed = ByteString.CopyFrom(new byte[4_096]) });
        NodeView view = NodeView.Empty with { Size = 10 };
        AlarmBell alarms = new(_store, _time, NullLogger<AlarmBell>.Instance);
        CaseReceiver receiver = new(_store, new CaseVault(new WatchSeal(_keys, RandomSource.System)), _keys, new CaseSignals(_time), () => view, alarms, _time, NullLogger<CaseReceiver>.Instance);
        CaseCollection collection = new(_store, receiver, _broker, () => view, alarms, _time);
        Assert.Equal([0, 7], await FetchesAsync());
        Assert.Equal([7], await FetchesAsync());
        view = view with { Size = 11 };
        Assert.Equal([6, 7], await FetchesAsync());
        view = view with { Size = 12 };
        Assert.Equal([7], await FetchesAsync());
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([6, 7], await FetchesAsync());
        view = view with { Size = 13 };
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([7], await FetchesAsync());
        _time.Advance(TimeSpan.FromHours(1)); // Also where the log stands still.
        Assert.Equal([6, 7], await FetchesAsync());
        Assert.Equal(0, _broker.Acknowledged);

        async Task<List<ulong>> FetchesAsync()
        {
            _broker.After.Clear();
            await collection.RunAsync(CancellationToken.None);
            return [.. _broker.After];
        }
    }

    [Fact]
    public async Task A_question_from_a_member_that_has_left_the_circle_is_not_waited_for_and_one_from_who_is_not_in_it_yet_is()
    {
        TestLog log = new(UtcDay.Of(_time.GetUtcNow()));
        CaseVault vault = new(new WatchSeal(_keys, RandomSource.System));
        RecordId record = RecordId.FromBytes(RandomSource.System.GetBytes(RecordId.Size));
        byte[] salt = RandomSource.System.GetBytes(32);
        RememberedCase content = new() { RecordSalt = ByteString.CopyFrom(salt), CircleId = ByteString.CopyFrom(log.Circle.Circle.ToArray()) };
        StoredCase row = new() { Thread = _thread, Role = (int)CaseRole.Contributor, Record = record, Sealed = vault.Seal(_thread, content), OpenedAt = _time.GetUtcNow(), ChangedAt = _time.GetUtcNow() };
        await _store.Cases.AddReceivedAsync(row, new StoredCaseMessage { Own = false, Counter = 1, State = CaseMessageStatus.Read, Hash = new byte[32], Sealed = [], At = _time.GetUtcNow() }, [], [], CancellationToken.None);
        AlarmBell alarms = new(_store, _time, NullLogger<AlarmBell>.Instance);
        CaseReceiver receiver = new(_store, vault, _keys, new CaseSignals(_time), () => NodeView.Empty with { State = log.State, History = log.History }, alarms, _time, NullLogger<CaseReceiver>.Instance);
        Assert.Equal(CaseArrival.Deferred, await receiver.TakeAsync(QuestionOf(log.Outsider), CancellationToken.None));
        log.RemoveMember(log.Circle.Circle, 1, log.Second, log.Steward, log.Second);
        Assert.Equal(CaseArrival.Deferred, await receiver.TakeAsync(QuestionOf(log.Outsider), CancellationToken.None));
        Assert.Equal(CaseArrival.Taken, await receiver.TakeAsync(QuestionOf(log.Second), CancellationToken.None));
        Assert.Equal(1, (await _store.Cases.CountMessagesAsync(CancellationToken.None)).Values.Sum());
        Assert.Empty(await _store.ReadAlarmsAsync(10, CancellationToken.None));

        WaitingCaseMessage QuestionOf(TestParty asker)
        {
            using RecordKeys recordKeys = _keys.ForRecord(salt);
            using BoxKey returnKey = asker.Keys.ForThread(_thread);
            CaseMessage question = new(CaseMessageKind.Question, record, _thread, 2, (ulong)_time.GetUtcNow().ToUnixTimeSeconds(), asker.Id, returnKey.PublicKey, new CaseBody { Text = "Where?" });
            byte[] bytes = CaseSealer.Seal(question, asker.Keys.Member, recordKeys.Reply.PublicKey, log.State.GenesisHash.Span).Sealed;
            return new WaitingCaseMessage { Number = 1, Thread = ByteString.CopyFrom(_thread.ToArray()), RecordId = ByteString.CopyFrom(record.ToArray()), Sealed = ByteString.CopyFrom(bytes) };
        }
    }

    [Fact]
    public void Who_was_in_a_circle_and_is_not_has_left_it_and_who_never_was_has_not()
    {
        TestLog log = new(UtcDay.Of(_time.GetUtcNow()));
        Assert.False(log.History.HasLeft(log.Circle.Circle, log.Second.Id));
        Assert.False(log.History.HasLeft(log.Circle.Circle, log.Outsider.Id));
        log.RemoveMember(log.Circle.Circle, 1, log.Second, log.Steward, log.Second);
        Assert.True(log.History.HasLeft(log.Circle.Circle, log.Second.Id));
        Assert.False(log.History.HasLeft(log.Circle.Circle, log.Steward.Id));
    }

    private async Task<List<int>> RoundsAsync(CaseChunkCollection chunks, int rounds)
    {
        List<int> asked = [];
        for (int i = 0; i < rounds; i++)
        {
            int before = _broker.Asked;
            await chunks.RunAsync(CancellationToken.None);
            asked.Add(_broker.Asked - before);
        }

        return asked;
    }

    private async Task<long> ReceiveAsync(int chunks, byte[]? hash = null)
    {
        StoredCase opened = new() { Thread = _thread, Role = (int)CaseRole.Contributor, Record = default, Sealed = [], OpenedAt = _time.GetUtcNow(), ChangedAt = _time.GetUtcNow() };
        StoredCaseMessage message = new() { Own = false, Counter = 1, State = CaseMessageStatus.Unread, Hash = new byte[32], Sealed = [], At = _time.GetUtcNow() };
        StoredCaseChunk[] named = [.. Enumerable.Range(0, chunks).Select(i => new StoredCaseChunk { Attachment = 0, Position = i, Own = false, Hash = hash ?? RandomSource.System.GetBytes(32) })];
        Assert.True(await _store.Cases.AddReceivedAsync(opened, message, named, [], CancellationToken.None));
        return 1;
    }

    private sealed class FakeBroker : CallInvoker
    {
        public List<WaitingCaseMessage> Waiting { get; } = [];

        public List<ulong> After { get; } = [];

        public byte[]? Chunk { get; set; }

        /// <summary>Whether it hears no acknowledgement.</summary>
        public bool IsDeaf { get; set; }

        public int Asked { get; private set; }

        public int Acknowledged { get; private set; }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            Task<TResponse> answer;
            try
            {
                answer = Task.FromResult((TResponse)Answer(request));
            }
            catch (RpcException refused)
            {
                answer = Task.FromException<TResponse>(refused);
            }

            return new AsyncUnaryCall<TResponse>(answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        private object Answer(object request)
        {
            switch (request)
            {
                case FetchCaseMessagesRequest fetch:
                    After.Add(fetch.After);
                    return new FetchCaseMessagesResponse { Messages = { Waiting.Where(message => message.Number > fetch.After) } };
                case GetCaseChunkRequest:
                    Asked++;
                    return Chunk is { } chunk ? new GetCaseChunkResponse { Chunk = ByteString.CopyFrom(chunk) } : throw new RpcException(new Status(StatusCode.NotFound, "unknown"));
                case AcknowledgeCaseMessagesRequest:
                    if (IsDeaf) throw new RpcException(new Status(StatusCode.Unavailable, "away"));
                    Acknowledged++;
                    return new AcknowledgeCaseMessagesResponse();
                default:
                    throw new NotSupportedException();
            }
        }
    }
}
