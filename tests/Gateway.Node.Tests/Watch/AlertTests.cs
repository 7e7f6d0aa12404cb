using System.Text;
using Gateway.Matching.Identifiers;
using Gateway.Node.Screening;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Tests.Watch;

/// <summary>A record that arrives finds what this member has seen before, and says so once.</summary>
public sealed class AlertTests
{
    private const string Bad = "sales@bad.example", Other = "info@other.example";

    private readonly ManualTime _time = ManualTime.Now();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_alerts_on_a_seller_registered_before_in_the_words_of_screening(bool restart)
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        (V1.SellerRegistration registration, _) = await desk.Sellers.RegisterAsync(WatchDesk.Seller("account-1", Bad), CancellationToken.None);
        Assert.Equal(V1.SellerRegistration.Added, registration);
        await desk.LearnAsync(Bad);
        SealedRecord record = await desk.PublishAsync(Bad);
        if (restart) await desk.RestartAsync(); // After the record was stored, before anybody looked at the meeting.

        V1.Alert alert = Assert.Single(await desk.AlertsAsync());
        Assert.Equal((V1.AlertSubjectKind.Seller, "account-1", V1.AlertState.Open), (alert.Subject, alert.Reference, alert.State));
        Assert.Equal(record.Id.ToArray(), alert.RecordId.ToByteArray());
        V1.ScreeningResult screened = await desk.Screener.DecideAsync(desk.Shipment("", Bad), CancellationToken.None);
        Assert.Equal(V1.Lane.Red, alert.Hit.Lane);
        Assert.Equal(screened.Hits.Single().Reasons.Where(reason => reason.IdentifierType != 0).Select(reason => reason.Text.Replace("consignor_", "", StringComparison.Ordinal)), alert.Hit.Reasons.Where(reason => reason.IdentifierType != 0).Select(reason => reason.Text));
        Assert.Equal(alert, Assert.Single(await desk.AlertsAsync())); // Looking again changes nothing.
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_alerts_on_a_shipment_screened_before(bool restart)
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        await desk.LearnAsync(Other);
        Assert.Equal(V1.ScreeningDecision.Cleared, (await desk.ScreenAsync("S1", Bad)).Decision);
        await desk.ScreenAsync("S2", Other);
        if (restart) await desk.RestartAsync();
        await desk.PublishAsync(Bad);
        V1.Alert alert = Assert.Single(await desk.AlertsAsync());
        Assert.Equal((V1.AlertSubjectKind.Shipment, "S1", UtcDay.Of(_time.GetUtcNow()).Number), (alert.Subject, alert.Reference, alert.SubjectDay));
        Assert.Contains(alert.Hit.Reasons, reason => reason.Field == "consignor_email" && reason.IdentifierType == 1);
    }

    [Fact]
    public async Task Sellers_registered_in_bulk_are_told_of_the_records_of_a_stop_value_that_lead_furthest()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        for (int i = 0; i <= 1_000; i++) desk.Publish(Bad);
        await desk.Core.FollowAsync();
        await desk.Sellers.RegisterAsync([WatchDesk.Seller("account-1", Bad)], CancellationToken.None);
        IReadOnlyList<V1.Alert> alerts = await desk.AlertsAsync();
        Assert.Equal(100, alerts.Count);
        Assert.All(alerts, alert => Assert.Equal("account-1", alert.Reference));
        Assert.All(alerts, alert => Assert.Contains(alert.Hit.Reasons, reason => reason.Text.Contains("stands in 1,001 records", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_record_that_took_the_place_of_another_before_the_shipment_was_remembered_alerts()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        SealedRecord first = await desk.PublishAsync(Bad);
        PreparedShipment prepared = desk.Shipment("S1", Bad);
        V1.ScreeningResult result = await desk.Screener.DecideAsync(prepared, CancellationToken.None);
        Assert.Single(result.Hits);
        desk.Log.Withdraw(first);
        SealedRecord second = await desk.PublishAsync(Bad);
        Assert.Empty(await desk.AlertsAsync());
        desk.Past.Add(prepared, result);
        await desk.Past.FlushAsync(CancellationToken.None);
        Assert.Equal(second.Id.ToArray(), Assert.Single(await desk.AlertsAsync()).RecordId.ToByteArray());
    }

    [Fact]
    public async Task A_record_alerts_on_the_cleared_shipments_of_a_batch()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        V1.ShipmentBatch batch = new()
        {
            Parts = { new V1.ShipmentPart { Party = new V1.ShipmentParty { Role = V1.PartyRole.Consignor, Party = WatchDesk.Seller("", Bad).Party } } },
            Ids = Google.Protobuf.ByteString.CopyFromUtf8("S1S2"), IdEnds = { 2, 4 }, PartNumbers = { 1 }, PartEnds = { 0, 1 }, HsCodes = { 0, 640_412 }, CountriesOfDeparture = { 0, 0 }, CountriesOfOrigin = { 0, 0 },
        };
        ShipmentColumns columns = desk.Screener.NewParts().Take(batch);
        bool[] cleared = new bool[2];
        Assert.Equal(1, desk.Screener.Clear(desk.Screener.NewSearch(), columns, 0, 2, cleared));
        await desk.Past.AddAsync(columns, cleared, CancellationToken.None);
        await desk.Past.FlushAsync(CancellationToken.None);
        await desk.PublishAsync(Bad);
        Assert.Equal("S2", Assert.Single(await desk.AlertsAsync()).Reference);
    }

    [Fact]
    public async Task A_shipment_that_ended_pending_alerts_when_its_identifiers_are_known()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.PublishAsync(Bad);
        Assert.Equal(V1.ScreeningDecision.Pending, (await desk.ScreenAsync("S1", Bad)).Decision);
        Assert.Empty(await desk.AlertsAsync());
        await desk.LearnAsync(Bad);
        Assert.Equal("S1", Assert.Single(await desk.AlertsAsync()).Reference);
    }

    [Fact]
    public async Task A_shipment_whose_result_showed_the_record_does_not_alert_and_the_next_record_does()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        await desk.PublishAsync(Bad);
        Assert.Equal(V1.ScreeningDecision.Hit, (await desk.ScreenAsync("S1", Bad)).Decision);
        Assert.Empty(await desk.AlertsAsync());
        SealedRecord second = await desk.PublishAsync(Bad);
        Assert.Equal(second.Id.ToArray(), Assert.Single(await desk.AlertsAsync()).RecordId.ToByteArray());
    }

    [Fact]
    public async Task A_record_that_came_between_the_decision_and_the_storing_alerts_all_the_same()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        PreparedShipment prepared = desk.Shipment("S1", Bad);
        V1.ScreeningResult cleared = await desk.Screener.DecideAsync(prepared, CancellationToken.None);
        await desk.PublishAsync(Bad);
        Assert.Empty(await desk.AlertsAsync());
        desk.Past.Add(prepared, cleared);
        await desk.Past.FlushAsync(CancellationToken.None);
        Assert.Equal("S1", Assert.Single(await desk.AlertsAsync()).Reference);
    }

    [Fact]
    public async Task A_remembered_shipment_is_decided_as_it_was_when_it_was_screened()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        Party consignor = new() { Kind = PartyKind.Organisation, Name = "Bad Shoes Trading GmbH", Street = "Hauptstr. 12", City = "Hamburg", Postcode = "20095", Country = "DE" };
        Party person = new() { Kind = PartyKind.Person, Name = "Jane Doe", Street = "Hauptstr. 14", City = "Hamburg", Postcode = "20095", Country = "DE" };
        PreparedShipment prepared = desk.Screener.Prepare(new Shipment
        {
            Id = "S1", HsCode = "640411", CountryOfDeparture = "CN", CountryOfOrigin = "VN",
            Parties = [(PartyRole.Consignor, consignor), (PartyRole.Consignee, person)],
        });
        desk.Past.Add(prepared, new V1.ScreeningResult { Final = true });
        await desk.Past.FlushAsync(CancellationToken.None);
        PreparedShipment remembered = (await desk.Past.FindAsync("S1", CancellationToken.None))!.Prepared;
        Assert.NotEmpty(remembered.Hashes);
        Assert.Equal(prepared.Hashes, remembered.Hashes);
        Assert.Equal(prepared.Keys.Identifiers.Select(derived => (derived.Identifier.Type, derived.Role, derived.Field)), remembered.Keys.Identifiers.Select(derived => (derived.Identifier.Type, derived.Role, derived.Field)));
        Assert.Equal(("640411", "CN", "VN"), (remembered.Shipment.HsCode, remembered.Shipment.CountryOfDeparture, remembered.Shipment.CountryOfOrigin));

        // The consignee was not screened, so that it is not kept either.
        (PartyRole role, Party party) = Assert.Single(remembered.Shipment.Parties);
        Assert.Equal((PartyRole.Consignor, consignor.Name, consignor.Street, consignor.Postcode), (role, party.Name, party.Street, party.Postcode));
    }

    [Fact]
    public async Task A_file_of_sellers_alerts_on_what_is_here_already()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.LearnAsync(Bad);
        await desk.PublishAsync(Bad);
        IReadOnlyList<V1.SellerOutcome> outcomes = await desk.Sellers.RegisterAsync([WatchDesk.Seller("a", Bad), WatchDesk.Seller("b", Other), WatchDesk.Seller("", Other), WatchDesk.Seller("c")], CancellationToken.None);
        Assert.Equal([V1.SellerRegistration.Added, V1.SellerRegistration.Added, V1.SellerRegistration.Refused, V1.SellerRegistration.Refused], outcomes.Select(outcome => outcome.Registration));
        Assert.Equal(["REFERENCE_INVALID", "NOTHING_IDENTIFIES"], outcomes.Skip(2).Select(outcome => outcome.Error.Code));
        Assert.Equal("a", Assert.Single(await desk.AlertsAsync()).Reference);
    }

    [Fact]
    public async Task A_withdrawn_record_takes_back_its_alert_and_what_it_had_opened()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("a", Bad), CancellationToken.None);
        await desk.LearnAsync(Bad);
        SealedRecord record = await desk.PublishAsync(Bad);
        ulong change = Assert.Single(await desk.AlertsAsync()).Change;
        desk.Log.Withdraw(record);
        await desk.Core.FollowAsync();
        V1.Alert alert = Assert.Single(await desk.AlertsAsync());
        Assert.Equal(V1.AlertState.Withdrawn, alert.State);
        Assert.Null(alert.Hit);
        Assert.Equal("a", alert.Reference);
        Assert.True(alert.Change > change);
    }

    [Fact]
    public async Task A_seller_that_is_removed_is_not_watched_any_more()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("a", Bad), CancellationToken.None);
        await desk.LearnAsync(Bad);
        Assert.Equal(["a"], await desk.Sellers.RemoveAsync(["a", "b"], CancellationToken.None));
        await desk.PublishAsync(Bad);
        Assert.Empty(await desk.AlertsAsync());
    }

    [Fact]
    public async Task An_alert_is_acknowledged_and_stays_so()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("a", Bad), CancellationToken.None);
        await desk.LearnAsync(Bad);
        await desk.PublishAsync(Bad);
        ulong id = Assert.Single(await desk.AlertsAsync()).Id;
        Assert.Equal([id], await desk.Alerts.AcknowledgeAsync([id, 99], "ann", "account closed", CancellationToken.None));
        await desk.RestartAsync();
        V1.Alert alert = Assert.Single(await desk.AlertsAsync());
        Assert.Equal((V1.AlertState.Acknowledged, "ann", "account closed"), (alert.State, alert.Acknowledgement.By, alert.Acknowledgement.Note));
        await Assert.ThrowsAsync<RefusalException>(() => desk.Alerts.AcknowledgeAsync([id], "", "", CancellationToken.None));
    }

    [Fact]
    public async Task What_could_not_be_stored_is_alerted_when_the_disk_is_back()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("a", Bad), CancellationToken.None);
        await desk.LearnAsync(Bad);
        await desk.PublishAsync(Bad);
        desk.Core.Refuses = name => name == nameof(INodeStore.SaveAlertsAsync);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => desk.Raiser.RunAsync(CancellationToken.None));
        desk.Core.Refuses = _ => false;
        Assert.Single(await desk.AlertsAsync());
    }

    [Fact]
    public async Task The_disk_shows_neither_sellers_nor_shipments()
    {
        await using WatchDesk desk = await WatchDesk.StartAsync(_time);
        await desk.Sellers.RegisterAsync(WatchDesk.Seller("account-4711", Bad), CancellationToken.None);
        await desk.LearnAsync(Bad);
        await desk.ScreenAsync("declaration-4712", Bad);
        SealedRecord record = await desk.PublishAsync(Bad);
        Assert.Equal(2, (await desk.AlertsAsync()).Count);
        await desk.Alerts.DismissAsync(new V1.DismissRequest { SellerReference = "account-4711", RecordId = Google.Protobuf.ByteString.CopyFrom(record.Id.ToArray()), By = "ann-officer", Reason = "namesake" }, CancellationToken.None);
        string[] secrets = ["account-4711", "bad.example", "Some Shop", "declaration-4712", "ann-officer", "namesake", "consignor_email"];
        foreach (string file in Directory.EnumerateFiles(desk.Core.Folder))
        {
            using FileStream open = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[open.Length];
            open.ReadExactly(bytes);
            string text = Encoding.Latin1.GetString(bytes);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        }
    }
}
