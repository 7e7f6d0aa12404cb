using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Watch;

public sealed class DismissalTests
{
    private const string Bad = "sales@bad.example", Other = "info@other.example", Third = "third@other.example";

    private readonly ManualTime _time = ManualTime.Now();

    [Fact]
    public async Task A_dismissed_record_is_shown_as_dismissed_and_counts_for_nothing_until_it_is_taken_back()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        SealedRecord record = await HitAsync(desk);
        ulong id = await desk.Alerts.DismissAsync(Dismiss("S1", record), CancellationToken.None);
        await desk.RestartAsync();

        V1.ScreeningResult result = await desk.ScreenAsync("S2", Bad, Other);
        V1.Hit hit = Assert.Single(result.Hits);
        Assert.Equal((V1.ScreeningDecision.Hit, V1.Lane.Green, 0u), (result.Decision, result.Lane, result.Score));
        Assert.Equal((V1.Lane.Green, "ann", "another company of that name"), (hit.Lane, hit.Dismissal.By, hit.Dismissal.Reason));
        Assert.Equal($"Dismissed on {UtcDay.Of(_time.GetUtcNow())} by ann: another company of that name", hit.Reasons[^1].Text);
        V1.DismissalLine line = Assert.Single(await desk.Core.Dismissals.ListAsync(CancellationToken.None).ToListAsync());
        Assert.Equal((id, "S1", record.Id.ToString()), (line.Id, line.Reference, Convert.ToHexStringLower(line.RecordId.Span)));

        await desk.Core.Dismissals.RemoveAsync(id, CancellationToken.None);
        Assert.Equal(V1.Lane.Red, (await desk.ScreenAsync("S3", Bad, Other)).Lane);
        Assert.Equal("DISMISSAL_UNKNOWN", (await Assert.ThrowsAsync<RefusalException>(() => desk.Core.Dismissals.RemoveAsync(id, CancellationToken.None))).Refusal.Code);
    }

    [Fact]
    public async Task It_ends_when_the_party_states_another_identifier_and_not_when_it_states_fewer()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Alerts.DismissAsync(Dismiss("S1", await HitAsync(desk)), CancellationToken.None);
        Assert.Equal(V1.Lane.Green, (await desk.ScreenAsync("S2", Bad)).Lane);
        Assert.Equal(V1.Lane.Red, (await desk.ScreenAsync("S3", Bad, Other, Third)).Lane);
    }

    [Fact]
    public async Task It_gives_no_lane_while_another_party_of_the_shipment_is_pending()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Alerts.DismissAsync(Dismiss("S1", await HitAsync(desk)), CancellationToken.None);
        V1.ScreeningResult result = await desk.Screener.DecideAsync(desk.Screener.Prepare(new V1.Shipment
        {
            Id = "S2",
            Parties =
            {
                new V1.ShipmentParty { Role = V1.PartyRole.Consignor, Party = new V1.Party { Kind = V1.SubjectKind.Organisation, Identifiers = { new V1.StatedIdentifier { Type = 1, Value = Bad } } } },
                new V1.ShipmentParty { Role = V1.PartyRole.Declarant, Party = new V1.Party { Kind = V1.SubjectKind.Organisation, Identifiers = { new V1.StatedIdentifier { Type = 1, Value = "never@met.example" } } } },
            },
        }), CancellationToken.None);
        Assert.Equal((V1.ScreeningDecision.Pending, V1.Lane.Unspecified, 1u), (result.Decision, result.Lane, result.PendingIdentifiers));
        Assert.NotNull(Assert.Single(result.Hits).Dismissal);
    }

    [Fact]
    public async Task Another_record_about_the_same_party_is_another_matter()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Alerts.DismissAsync(Dismiss("S1", await HitAsync(desk)), CancellationToken.None);
        SealedRecord second = await desk.PublishAsync(Bad);
        V1.ScreeningResult result = await desk.ScreenAsync("S2", Bad, Other);
        Assert.Equal(V1.Lane.Red, result.Lane);
        Assert.Equal([second.Id.ToArray()], result.Hits.Where(hit => hit.Dismissal is null).Select(hit => hit.RecordId.ToByteArray()));
        Assert.Equal(2, result.Hits.Count);
    }

    [Fact]
    public async Task An_alert_is_dismissed_with_its_pair_and_a_dismissed_pair_raises_none()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("a", Bad), CancellationToken.None);
        await desk.LearnAsync(Bad);
        await desk.PublishAsync(Bad);
        V1.Alert alert = Assert.Single(await desk.AlertsAsync());
        await desk.Alerts.DismissAsync(new V1.DismissRequest { AlertId = alert.Id, By = "ann", Reason = "namesake" }, CancellationToken.None);
        Assert.Equal(V1.AlertState.Acknowledged, Assert.Single(await desk.AlertsAsync()).State);
        await desk.Sellers.RegisterAsync([WatchDesk.Seller("b", Bad)], CancellationToken.None); // The same party under another account.
        Assert.Single(await desk.AlertsAsync());
    }

    [Theory]
    [InlineData("S9", true, "ann", "why", "SHIPMENT_UNKNOWN")]
    [InlineData("S1", false, "ann", "why", "HIT_UNKNOWN")]
    [InlineData("S1", true, " ", "why", "TEXT_INVALID")]
    [InlineData("S1", true, "ann", "", "TEXT_INVALID")]
    public async Task What_cannot_be_dismissed_is_refused(string shipment, bool met, string by, string reason, string code)
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        SealedRecord record = await HitAsync(desk);
        ByteString id = met ? ByteString.CopyFrom(record.Id.ToArray()) : ByteString.CopyFrom(new byte[32]);
        RefusalException refused = await Assert.ThrowsAsync<RefusalException>(() => desk.Alerts.DismissAsync(new V1.DismissRequest { ShipmentId = shipment, RecordId = id, By = by, Reason = reason }, CancellationToken.None));
        Assert.Equal(code, refused.Refusal.Code);
    }

    private static V1.DismissRequest Dismiss(string shipment, SealedRecord record) =>
        new() { ShipmentId = shipment, RecordId = ByteString.CopyFrom(record.Id.ToArray()), By = "ann", Reason = "another company of that name" };

    private static async Task<SealedRecord> HitAsync(WatchDesk desk)
    {
        foreach (string email in new[] { Bad, Other, Third }) await desk.LearnAsync(email);
        SealedRecord record = await desk.PublishAsync(Bad);
        Assert.Equal(V1.Lane.Red, (await desk.ScreenAsync("S1", Bad, Other)).Lane);
        return record;
    }
}
