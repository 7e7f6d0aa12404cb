using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.EndToEnd;

public sealed class RecordJourneyTests
{
    [Fact]
    public async Task A_case_published_by_a_retailer_flags_the_shipment_at_customs_and_a_withdrawal_clears_it_again()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        await network.CreateCircleAsync("protocol", customs, retailer);

        Shipment disguised = LocalNode.ShipmentOf("S1", "Someone Else Ltd", "SALES+eu@Bad-Shoes.example");
        Shipment typo = LocalNode.ShipmentOf("S2", "Bad Sheos Trading GmbH", street: "Hauptstr. 12", city: "Hamburg", postcode: "20095");
        Shipment clean = LocalNode.ShipmentOf("S3", "Honest Goods BV", "info@honest.example");

        // Before the record: known and clear, so that the record's arrival has to find them.
        Assert.Equal(ScreeningDecision.Cleared, (await customs.ScreenAsync(clean)).Decision);
        Assert.Equal(ScreeningDecision.Cleared, (await customs.ScreenAsync(typo)).Decision);

        Contribution contribution = LocalNode.Case("protocol", "case-1", "Bad Shoes Trading GmbH", "sales+eu@bad-shoes.example", "Hauptstraße 12", "Hamburg", "20095");
        ContributionOutcome published = Assert.Single(await retailer.ContributeAsync(contribution));
        Assert.Equal(ContributionState.Published, published.State);
        await customs.UntilAsync(status => status.LiveRecords == 1, "the record");

        ScreeningResult hit = await customs.ScreenAsync(disguised);
        Assert.Equal(ScreeningDecision.Hit, hit.Decision);
        Assert.Equal(Lane.Red, hit.Lane);
        Assert.Equal(published.RecordId, Assert.Single(hit.Hits).RecordId);
        Assert.Contains(hit.Hits[0].Reasons, reason => reason.Field == "consignor_email" && reason.IdentifierType == 1 && reason.Bits > 10);
        ScreeningResult similar = await customs.ScreenAsync(typo);
        Assert.Equal(ScreeningDecision.Hit, similar.Decision);
        Assert.All(similar.Hits[0].Reasons.Where(reason => reason.IdentifierType != 0), reason => Assert.True(reason.IdentifierType > 255));
        Assert.Equal(ScreeningDecision.Cleared, (await customs.ScreenAsync(clean)).Decision);

        Assert.True(Assert.Single(await retailer.ContributeAsync(contribution)).AlreadyKnown);

        WithdrawRecordResponse withdrawn = await retailer.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published.RecordId, Reason = WithdrawalReason.Mistake });
        Assert.True(withdrawn.Index > published.Index);
        await customs.UntilAsync(status => status.LiveRecords == 0, "the withdrawal");
        Assert.Equal(ScreeningDecision.Cleared, (await customs.ScreenAsync(disguised)).Decision);

        VerifyLogResponse verified = await customs.Contributions.VerifyLogAsync(new VerifyLogRequest());
        Assert.Empty(verified.Faults);
        Assert.True(verified.BrokerChecked);
        GetStatusResponse mine = await retailer.UntilAsync(status => status.LogSize == verified.Size, "the whole log");
        Assert.Equal(verified.Root, mine.LogRoot);
        Assert.Empty(mine.Alarms);
        Assert.Empty((await customs.StatusAsync()).Alarms);
    }
}
