using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Neutrality;
using Gateway.Node.Tests.Building;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Neutrality;

/// <summary>A node's witness over a real store and log, round by round; the broker relays what a test puts there.</summary>
internal sealed class TestWitness : CallInvoker, IAsyncDisposable
{
    private TestWitness(TestLog source, TestCore core)
    {
        Source = source;
        Core = core;
    }

    public TestLog Source { get; }

    public TestCore Core { get; }

    public Acceptance Acceptance { get; private set; } = null!;

    public LogConditions Conditions { get; private set; } = null!;

    public ForkWatch Forks { get; private set; } = null!;

    public LogWitness Witness { get; private set; } = null!;

    public CosignatureTally Tally { get; private set; } = null!;

    /// <summary>What the broker relays from now on; taken once.</summary>
    public List<byte[]> Relayed { get; } = [];

    /// <summary>What this node handed in last.</summary>
    public ByteString HandedIn { get; private set; } = ByteString.Empty;

    public bool IsAway { get; set; }

    public static async Task<TestWitness> StartAsync(int? quorum = null)
    {
        ManualTime time = ManualTime.Now();
        TestLog source = new(Gateway.Protocol.UtcDay.Of(time.GetUtcNow()));
        TestWitness node = new(source, await TestCore.StartAsync(source, source.Steward, time));
        await node.ComposeAsync(quorum);
        return node;
    }

    public async Task RestartAsync(int? quorum = null)
    {
        await Core.RestartAsync();
        await ComposeAsync(quorum);
    }

    public Task RoundAsync() => Witness.RunOnceAsync(CancellationToken.None);

    public bool Has(string code) => Conditions.Has(code);

    /// <summary>Another member's cosignature of the log at a size, or of another root there.</summary>
    public byte[] Cosigned(TestParty by, ulong size, TreeHash? root = null)
    {
        byte[] note = root is { } other ? Source.Sign(TestLog.Network, size, other) : Source.CheckpointAt(size);
        Assert.True(SignedNote.TryParse(note, out SignedNote? parsed, out _));
        return parsed.SignedAlsoBy(new CosignatureSigner(TestLog.Network, by.Id, by.Keys.Node, Core.Time)).ToBytes();
    }

    public ValueTask DisposeAsync() => Core.DisposeAsync();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        if (IsAway) return Answer(Task.FromException<TResponse>(new RpcException(new Status(StatusCode.Unavailable, "nobody answers"))));
        HandedIn = ((ExchangeCosignaturesRequest)(object)request).CosignedCheckpoint;
        ExchangeCosignaturesResponse response = new() { Last = 1, CosignedCheckpoints = { Relayed.Select(note => ByteString.CopyFrom(note)) } };
        Relayed.Clear();
        return Answer(Task.FromResult((TResponse)(object)response));
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private static AsyncUnaryCall<T> Answer<T>(Task<T> answer) => new(answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

    private async Task ComposeAsync(int? quorum)
    {
        AlarmBell bell = new(Core.Store, Core.Time, NullLogger<AlarmBell>.Instance);
        OwnLog log = new(Core.Store, () => Core.Log.View);
        Conditions = new LogConditions(bell, Core.Time);
        Forks = new ForkWatch(log, Core.Store, () => Core.Log.View, Conditions, Core.Time);
        Acceptance = await Acceptance.LoadAsync(Core.Store, CancellationToken.None);
        Tally = new CosignatureTally(Forks, Core.Store.Neutrality, Acceptance, Core.Party.Id, quorum);
        Witness = new LogWitness(log, Forks, Tally, Acceptance, Conditions, Core.Store, this, Core.Party.Id, Core.Party.Keys, () => Core.Log.View, bell, RandomSource.System, Core.Time, NullLogger<LogWitness>.Instance);
    }
}
