using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Matching.Scoring;
using Gateway.Node.Disputes;
using Gateway.Node.Feed;
using Gateway.Node.Identity;
using Gateway.Node.Matching;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Screening;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Building;

/// <summary>A node without network: the real store, log and matcher over a folder of their own.</summary>
internal sealed class TestCore : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gw-node-").FullName;
    private readonly TestLog _source;
    private SqliteNodeStore _store = null!;

    private TestCore(TestLog source, TestParty party, ManualTime time, int? pastDays)
    {
        Settings = new NodeSettings { Network = "node.test", Broker = "https://localhost:1", GenesisHash = new string('0', 64), MemberId = new string('0', 32), Name = "node", PastShipmentDays = pastDays };
        _source = source;
        Party = party;
        Time = time;
        Cache = new KnownCache(party.Keys, RandomSource.System);
    }

    public string Folder => _folder;

    public TestParty Party { get; }

    public ManualTime Time { get; }

    public KnownCache Cache { get; }

    public NodeMatcher Matcher { get; private set; } = null!;

    public NodeLog Log { get; private set; } = null!;

    public OwnRecords Own { get; private set; } = null!;

    public TiledTree Tree { get; private set; } = null!;

    public INodeStore Store { get; private set; } = null!;

    /// <summary>Whether an operation of the store fails, by its name.</summary>
    public Func<string, bool> Refuses { get; set; } = _ => false;

    /// <summary>What stands between the node and its store.</summary>
    public Func<INodeStore, INodeStore> Through { get; init; } = store => store;

    public static async Task<TestCore> StartAsync(TestLog source, TestParty? party = null, ManualTime? time = null, int? pastDays = null, Func<INodeStore, INodeStore>? through = null)
    {
        TestCore core = new(source, party ?? source.Steward, time ?? ManualTime.Now(), pastDays) { Through = through ?? (store => store) };
        await core.OpenAsync();
        return core;
    }

    /// <summary>What the disk holds is all that is left: as after kill -9.</summary>
    /// <param name="meanwhile">What is done to the folder while the node is off.</param>
    public async Task RestartAsync(Action? meanwhile = null)
    {
        await CloseAsync();
        meanwhile?.Invoke();
        await OpenAsync();
    }

    /// <summary>Brings the node to the log's end, or to a size.</summary>
    public Task FollowAsync(ulong? to = null) => Log.ApplyAsync(_source.Batch(Party, Log.View.Size, to), CancellationToken.None);

    public async Task<IReadOnlyList<Refusal>> AlarmsAsync() => [.. (await Store.ReadAlarmsAsync(1_000, CancellationToken.None)).Select(alarm => Refusal.FromDetail(ErrorDetail.Parser.ParseFrom(alarm.Error)))];

    public async Task<NodeRecordState?> StateOfAsync(SealedRecord record) => (await Store.FindRecordAsync(record.Id, CancellationToken.None))?.State;

    /// <summary>Settings of this node.</summary>
    public NodeSettings Settings { get; }

    public WatchSeal Seal => new(Party.Keys, RandomSource.System);

    public Dismissals Dismissals { get; private set; } = null!;

    public DisputeBook Disputes { get; private set; } = null!;

    public Screener ScreenerOver(HitOpener opener, Pseudonymiser pseudonymiser) => new(
        Matcher, Cache, pseudonymiser, opener, new Scorer(Weights.Shipped()), Dismissals, new NameSimilarity(Matcher, Cache, opener, Settings, () => Log.View, Party.Id, Time), () => Log.View, Party.Id, Time, disputes: Disputes);

    public Task LearnAsync(UInt128 hash, byte[] evaluation) => Matcher.LearnAsync([new EvaluatedIdentifier(hash, evaluation)], 1, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenAsync()
    {
        _store = await SqliteNodeStore.OpenAsync(Path.Combine(_folder, "node.db"), Time, CancellationToken.None);
        Store = FailingDisk.Around(Through(_store), name => Refuses(name));
        (NodeView view, Tree) = await NodeLog.OpenAsync(Store, Party.Id, Party.Keys, CancellationToken.None);
        Matcher = await NodeMatcher.LoadAsync(Store, Cache, view, RandomSource.System, Time, Path.Combine(_folder, "node.index"), CancellationToken.None);
        Dismissals = await Dismissals.LoadAsync(Store, Seal, Time, CancellationToken.None);
        Disputes = new DisputeBook(await Store.ReadDisputesAsync(CancellationToken.None), Time);
        Own = await OwnRecords.LoadAsync(Store, CancellationToken.None);
        Log = new NodeLog(
            Store, Matcher, _source.ReaderOf(Party, Time), Tree, view, Own, await Store.ReadAwaitingWithdrawalAsync(CancellationToken.None),
            await Store.ReadLastRecordNumberAsync(CancellationToken.None), await Store.ReadBackfillsAsync(CancellationToken.None), Time, NullLogger<NodeLog>.Instance, Disputes,
            (before, cancellation) => NodeLog.ReadOnAsync(Store, before, Party.Id, Party.Keys, cancellation));
    }

    private async Task CloseAsync()
    {
        Matcher.Dispose();
        await _store.DisposeAsync();
    }
}
