using Gateway.Cryptography;
using Gateway.Node.Contributions;
using Gateway.Node.Life;
using Gateway.Node.Neutrality;
using Gateway.Node.Pseudonyms;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Node.Tests.Building;

/// <summary>A contributor's node whose work is done step by step, as a test asks for it.</summary>
internal sealed class TestOutbox : IAsyncDisposable
{
    private TestOutbox(TestLog log, TestCore core, TestWire wire)
    {
        Source = log;
        Core = core;
        Wire = wire;
    }

    public TestLog Source { get; }

    public TestCore Core { get; }

    public TestWire Wire { get; }

    public Outbox Outbox { get; private set; } = null!;

    public DraftSealer Sealer { get; private set; } = null!;

    /// <summary>The way to the second evaluator, where there is one.</summary>
    public required TestWire Other { get; init; }

    public RecordUpload Records { get; private set; } = null!;

    public WithdrawalUpload Withdrawals { get; private set; } = null!;

    public Pseudonymiser Pseudonymiser { get; private set; } = null!;

    public AlarmBell Alarms { get; private set; } = null!;

    public StoreAge Age { get; private set; } = null!;

    public Rectifier Rectifier { get; private set; } = null!;

    public static async Task<TestOutbox> StartAsync(Action<CirclePolicy>? policy = null, params string[] evaluators)
    {
        ManualTime time = ManualTime.Now();
        TestLog log = new(UtcDay.Of(time.GetUtcNow()), policy, evaluators);
        TestCore core = await TestCore.StartAsync(log, log.Second, time);
        await core.FollowAsync();
        TestOutbox node = new(log, core, new TestWire(log, log.Second)) { Other = new TestWire(log, log.Second, evaluators.Length > 1 ? evaluators[1] : "broker") };
        await node.ComposeAsync();
        return node;
    }

    public async Task RestartAsync(Action? meanwhile = null)
    {
        await StopAsync();
        await Core.RestartAsync(meanwhile);
        await ComposeAsync();
    }

    public ForkWatch Forks { get; private set; } = null!;

    public async Task FollowAsync()
    {
        if (Core.Log.View.Size < Source.Size) await Core.FollowAsync();
    }

    public static Contribution Case(string reference, string email = "sales@bad-shoes.example", string name = "Bad Shoes Trading GmbH") => new()
    {
        Circle = "retail",
        Reference = reference,
        Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, Severity = Severity.High },
        Subject = new Party { Kind = SubjectKind.Organisation, Name = name, Country = "DE", Identifiers = { new StatedIdentifier { Type = 1, Value = email } } },
    };

    public async Task<ContributionOutcome> AddAsync(Contribution contribution) => (await Outbox.AddAsync([contribution], CancellationToken.None))[0].Outcome;

    public Task<bool> SealAsync() => Sealer.RunAsync(CancellationToken.None);

    public Task<bool> PublishAsync() => Records.RunAsync(CancellationToken.None);

    public Task<bool> WithdrawAsync() => Withdrawals.RunAsync(CancellationToken.None);

    public async Task<OutboxRow> RowAsync(string reference)
    {
        await foreach (OutboxRow row in Core.Store.ListOutboxAsync(CancellationToken.None))
        {
            if (row.Reference == reference) return (await Core.Store.ReadOutboxRowAsync(row.Id, CancellationToken.None))!;
        }

        throw new InvalidOperationException($"There is no row {reference}.");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Core.DisposeAsync();
    }

    private async Task ComposeAsync()
    {
        Alarms = new AlarmBell(Core.Store, Core.Time, NullLogger<AlarmBell>.Instance);
        Pseudonymiser = new Pseudonymiser(new EvaluatorClient(evaluator => evaluator.Name == "broker" ? Wire : Other, RandomSource.System), Core.Matcher, Core.Cache, () => Core.Log.View, Alarms, RandomSource.System, Core.Time, NullLogger<Pseudonymiser>.Instance);
        await Pseudonymiser.StartAsync(CancellationToken.None);
        string mark = Path.Combine(Core.Folder, "high-water");
        HighWater.Load(mark, Core.Party.Keys).Raise(Core.Log.View.Size);
        Age = new StoreAge(HighWater.Load(mark, Core.Party.Keys), () => Core.Log.View);
        ReleaseSchedule schedule = new(RandomSource.System, Core.Time);
        Outbox = new Outbox(Core.Store, Core.Cache, new ContributionRules(Core.Party.Id, Core.Time), Core.Own, Core.Party.Keys, () => Core.Log.View, Core.Time);
        Sealer = new DraftSealer(Outbox, Core.Store, Core.Cache, Pseudonymiser, new RecordSealer(RandomSource.System), schedule, new ContributionRules(Core.Party.Id, Core.Time), Core.Own, Core.Party.Keys, Core.Party.Id, Age, new PublishedBefore(Core.Store, Core.Matcher, Core.Cache, Core.Own, Core.Party.Keys, () => Core.Log.View), () => Core.Log.View);
        Forks = new ForkWatch(new OwnLog(Core.Store, () => Core.Log.View), Core.Store, () => Core.Log.View, new LogConditions(Alarms, Core.Time), Core.Time);
        Records = new RecordUpload(Outbox, Core.Store, schedule, Core.Party.Id, Wire, Age, Forks, () => Core.Log.View, Core.Time, NullLogger<RecordUpload>.Instance);
        Withdrawals = new WithdrawalUpload(Core.Store, Wire, Age, Forks, () => Core.Log.View);
        Rectifier = new Rectifier(Outbox, Age, Alarms, RandomSource.System, Core.Time);
    }

    private async Task StopAsync()
    {
        Rectifier.Dispose();
        Forks.Dispose();
        await Pseudonymiser.StopAsync(CancellationToken.None);
        Pseudonymiser.Dispose();
        Outbox.Dispose();
    }
}
