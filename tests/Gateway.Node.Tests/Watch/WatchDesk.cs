using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Matching.Identifiers;
using Gateway.Node.Pseudonyms;
using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Node.Watch;
using Gateway.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Watch;

/// <summary>A node's watching over the real store, log and matcher, without network: what needs an evaluator is learned by hand.</summary>
internal sealed class WatchDesk : IAsyncDisposable
{
    private WatchDesk(TestLog log, TestCore core)
    {
        Log = log;
        Core = core;
    }

    public TestLog Log { get; }

    public TestCore Core { get; }

    public Screener Screener { get; private set; } = null!;

    public SellerBook Sellers { get; private set; } = null!;

    public PastShipments Past { get; private set; } = null!;

    public AlertRaiser Raiser { get; private set; } = null!;

    public AlertList Alerts { get; private set; } = null!;

    public Forgetting Forgetting { get; private set; } = null!;

    public static async Task<WatchDesk> StartAsync(ManualTime time, int? pastDays = null, Action<V1.CirclePolicy>? policy = null)
    {
        TestLog log = new(UtcDay.Of(time.GetUtcNow()), policy);
        WatchDesk desk = new(log, await TestCore.StartAsync(log, time: time, pastDays: pastDays));
        await desk.Core.FollowAsync();
        await desk.ComposeAsync();
        return desk;
    }

    /// <summary>As after kill -9.</summary>
    public async Task RestartAsync()
    {
        Past.Dispose();
        await Core.RestartAsync();
        await ComposeAsync();
    }

    public static V1.Seller Seller(string reference, params string[] emails)
    {
        V1.Seller seller = new() { Reference = reference, Party = new V1.Party { Kind = V1.SubjectKind.Organisation, Name = "Some Shop" } };
        seller.Party.Identifiers.AddRange(emails.Select(email => new V1.StatedIdentifier { Type = 1, Value = email }));
        return seller;
    }

    public PreparedShipment Shipment(string id, params string[] emails) => Screener.Prepare(new Shipment
    {
        Id = id,
        HsCode = "640411",
        CountryOfDeparture = "CN",
        Parties = [(PartyRole.Consignor, new Party { Kind = PartyKind.Organisation, Identifiers = [.. emails.Select(email => new StatedIdentifier(IdentifierType.Email, email, ""))] })],
    });

    /// <summary>Screens a shipment by what is known, and remembers it durably.</summary>
    public async Task<V1.ScreeningResult> ScreenAsync(string id, params string[] emails)
    {
        PreparedShipment prepared = Shipment(id, emails);
        V1.ScreeningResult result = await Screener.DecideAsync(prepared, CancellationToken.None);
        Past.Add(prepared, result);
        await Past.FlushAsync(CancellationToken.None);
        return result;
    }

    public Task LearnAsync(string email) => Core.LearnAsync(Core.Cache.HashOf(IdentifierOf(email)), EvaluationOf(email));

    public async Task<SealedRecord> PublishAsync(string email)
    {
        SealedRecord record = Publish(email);
        await Core.FollowAsync();
        return record;
    }

    /// <summary>Puts a record into the log that the node has not read yet.</summary>
    public SealedRecord Publish(string email)
    {
        SealedRecord record = Log.SealBy(Log.Second, UtcDay.Of(Core.Time.GetUtcNow()).AddDays(600), null, null, new SealIdentifier(1, EvaluationOf(email), OpensRecord: true));
        Log.Publish(record, Log.Second);
        return record;
    }

    public async Task<IReadOnlyList<V1.Alert>> AlertsAsync()
    {
        Assert.True(await Raiser.RunAsync(CancellationToken.None));
        List<V1.Alert> alerts = [];
        await foreach (IReadOnlyList<V1.Alert> page in Alerts.ReadAsync(0, follow: false, CancellationToken.None)) alerts.AddRange(page);
        return alerts;
    }

    public async ValueTask DisposeAsync()
    {
        await Past.StopAsync(CancellationToken.None);
        Past.Dispose();
        await Core.DisposeAsync();
    }

    private static Identifier IdentifierOf(string email) => IdentifierNormaliser.Normalise(new StatedIdentifier(IdentifierType.Email, email, "")).Identifier!.Value;

    // Any 64 bytes do for an evaluation, as long as all agree on them.
    private static byte[] EvaluationOf(string email) => SHA512.HashData(IdentifierOf(email).Encode());

    private async Task ComposeAsync()
    {
        AlarmBell alarms = new(Core.Store, Core.Time, NullLogger<AlarmBell>.Instance);
        Pseudonymiser pseudonymiser = new(new EvaluatorClient(_ => null, RandomSource.System), Core.Matcher, Core.Cache, () => Core.Log.View, alarms, RandomSource.System, Core.Time, NullLogger<Pseudonymiser>.Instance);
        HitOpener opener = new(Core.Store, Core.Matcher, () => Core.Log.View, alarms, Core.Party.Id, Core.Time);
        Screener = Core.ScreenerOver(opener, pseudonymiser);
        SellerEvaluation evaluation = new(Core.Store, Core.Matcher, Screener, Core.Seal, alarms, Core.Time);
        Sellers = new SellerBook(Core.Store, Core.Matcher, Screener, Core.Seal, evaluation, Core.Time);
        Past = new PastShipments(Core.Store, Core.Matcher, Screener, Core.Seal, Core.Settings, alarms, Core.Time);
        Raiser = new AlertRaiser(Core.Store, Core.Matcher, Screener, Sellers, Past, Core.Seal, () => Core.Log.View, alarms, Core.Time);
        Alerts = new AlertList(Core.Store, Sellers, Past, Screener, Core.Dismissals, Core.Seal, Core.Time, Core.Disputes);
        Forgetting = new Forgetting(Core.Store, Core.Matcher, Past, Core.Settings, () => Core.Log.View, alarms, RandomSource.System, Core.Time);
        await Past.StartAsync(CancellationToken.None);
    }
}
