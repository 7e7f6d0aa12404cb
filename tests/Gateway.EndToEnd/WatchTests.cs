using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.EndToEnd;

/// <summary>What a member has seen before a record arrives, over a real broker.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task A_record_alerts_on_a_seller_and_a_shipment_seen_before_it_and_its_withdrawal_takes_the_alerts_back()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode other = await network.AddNodeAsync("other", MemberRole.Retailer);
        await network.CreateCircleAsync("acx", retailer, other);

        // An account is opened: known identifiers are decided at once, new ones in the time given.
        Seller seller = new() { Reference = "account-1", Party = new Party { Kind = SubjectKind.Organisation, Name = "Bad Shoes Trading GmbH", Identifiers = { new StatedIdentifier { Type = 1, Value = "sales@bad-shoes.example" } } } };
        RegisterSellerResponse registered = await retailer.Watch.RegisterSellerAsync(new RegisterSellerRequest { Seller = seller, WaitMilliseconds = 60_000 });
        Assert.Equal((SellerRegistration.Added, ScreeningDecision.Cleared), (registered.Registration, registered.Result.Decision));
        Assert.Equal(SellerRegistration.Unchanged, (await retailer.Watch.RegisterSellerAsync(new RegisterSellerRequest { Seller = seller })).Registration);
        Assert.Equal(ScreeningDecision.Cleared, (await retailer.ScreenAsync(LocalNode.ShipmentOf("S1", "Someone Else Ltd", "sales@bad-shoes.example"))).Decision);

        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        using AsyncServerStreamingCall<ListAlertsResponse> follow = retailer.Watch.ListAlerts(new ListAlertsRequest { Follow = true }, cancellationToken: patience.Token);
        ContributionOutcome published = Assert.Single(await other.ContributeAsync(LocalNode.Case("acx", "case-1", "Bad Shoes Trading GmbH", "sales@bad-shoes.example")));
        List<Alert> alerts = await TakeAsync(follow, 2);
        Assert.Equal([(AlertSubjectKind.Seller, "account-1"), (AlertSubjectKind.Shipment, "S1")], alerts.Select(alert => (alert.Subject, alert.Reference)).Order());
        Assert.All(alerts, alert => Assert.Equal((AlertState.Open, Lane.Red, published.RecordId), (alert.State, alert.Hit.Lane, alert.RecordId)));

        await retailer.StopAsync();
        await retailer.StartAsync();
        List<Alert> kept = await ListAsync(retailer);
        Assert.Equal(alerts.OrderBy(alert => alert.Id), kept.OrderBy(alert => alert.Id));
        AcknowledgeAlertsResponse seen = await retailer.Watch.AcknowledgeAlertsAsync(new AcknowledgeAlertsRequest { Ids = { kept[0].Id }, By = "ann", Note = "account closed" });
        Assert.Equal([kept[0].Id], seen.Acknowledged);

        await other.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = published.RecordId, Reason = WithdrawalReason.Mistake });
        await retailer.UntilAsync(status => status.LiveRecords == 0, "the withdrawal");
        Assert.All(await ListAsync(retailer), alert => Assert.Equal((AlertState.Withdrawn, null), (alert.State, alert.Hit)));
        Assert.Equal(1UL, (await retailer.Watch.GetWatchStatusAsync(new GetWatchStatusRequest())).Sellers);
    }

    [Fact]
    public async Task A_misspelt_name_is_similar_in_a_fuzzy_circle_and_nothing_in_one_that_matches_combinations_only()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        await network.CreateCircleAsync("plain", customs, retailer);
        await network.CreateCircleAsync("fuzzy", NameMatching.FuzzyOrganisations, customs, retailer);

        Contribution plain = LocalNode.Case("plain", "case-1", "Zhongkai Lederwaren Export GmbH", "one@plain.example");
        Contribution fuzzy = LocalNode.Case("fuzzy", "case-2", "Qianhai Turnschuh Werkstatt GmbH", "two@fuzzy.example");
        Contribution person = LocalNode.Case("fuzzy", "case-3", "Wilhelmina Abendroth", "three@fuzzy.example");
        person.Subject.Kind = SubjectKind.Person;
        Assert.All(await retailer.ContributeAsync(plain, fuzzy, person), outcome => Assert.Equal(ContributionState.Published, outcome.State));
        await customs.UntilAsync(status => status.LiveRecords == 3, "three records");

        ScreeningResult none = await customs.ScreenAsync(Named("S1", "Zhongkay Lederwaren Export GmbH"));
        Assert.Empty(none.SimilarNames);
        ScreeningResult similar = await customs.ScreenAsync(Named("S2", "Qianhay Turnschuh Werkstatt GmbH"));
        SimilarName name = Assert.Single(similar.SimilarNames);
        Assert.Equal(("fuzzy", "consignor_name"), (name.Circle, name.Field));
        Assert.StartsWith("Unverified name similarity: consignor_name: ", name.Text, StringComparison.Ordinal);
        Assert.True(name.Likeness >= 70 && name.Bits > 12, $"{name.Likeness} of 100, {name.Bits} bits");
        Assert.Equal((ScreeningDecision.Cleared, Lane.Green), (similar.Decision, similar.Lane)); // It decides nothing.
        Assert.Empty(similar.Hits);
        Assert.Empty((await customs.ScreenAsync(Named("S3", "Wilhelmina Abendroth"))).SimilarNames);

        // Met by its address too, the record opens, and the name adds to what that says.
        Shipment both = Named("S4", "Qianhay Turnschuh Werkstatt GmbH");
        both.Parties[0].Party.Identifiers.Add(new StatedIdentifier { Type = 1, Value = "two@fuzzy.example" });
        ScreeningResult hit = await customs.ScreenAsync(both);
        Assert.Equal(Lane.Red, hit.Lane);
        Assert.Contains(Assert.Single(hit.Hits).Reasons, reason => reason.Field == "consignor_name" && reason.Bits > 0);
        Assert.Empty(hit.SimilarNames);
    }

    [Fact]
    public async Task Whatever_a_name_holds_it_is_published_and_screened_or_refused_with_a_reason()
    {
        string[] names =
        [
            new string('x', 10_000),
            string.Join(' ', Enumerable.Repeat("\u0627\u0644\u0634\u0631\u0643\u0629", 70)),
            "\u202Esdraob gnihtemos\u202C \u05D7\u05D1\u05E8\u05D4",
            "Ba\u200Bd\u200D Sho\u2060es\uFEFF Trading",
            "\U0001F45F\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F1E9\U0001F1EA Shoes",
            "Bad\0Shoes\0Trading",
            string.Concat(Enumerable.Repeat("e\u0301\u0302\u0303", 100)),
            "   ",
        ];
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        await network.CreateCircleAsync("fuzzy", NameMatching.FuzzyAll, customs, retailer);
        Contribution[] cases = [.. names.Select((name, i) => LocalNode.Case("fuzzy", $"case-{i}", name, $"bad{i}@shoes.example", "Hauptstr. 1", "Hamburg", "20095"))];
        foreach (Contribution contribution in cases) contribution.Subject.Aliases.Add(contribution.Subject.Name);
        IReadOnlyList<ContributionOutcome> outcomes = await retailer.ContributeAsync(cases);
        Assert.Equal("NAME_TOO_LONG", outcomes[0].Error.Code);
        Assert.All(outcomes.Skip(1), outcome => Assert.Equal(ContributionState.Published, outcome.State));
        await customs.UntilAsync(status => status.LiveRecords == 7 && status.QuarantinedRecords == 0, "the records");
        for (int i = 0; i < names.Length; i++)
        {
            ScreeningResult screened = await customs.ScreenAsync(LocalNode.ShipmentOf($"S{i}", names[i], $"bad{i}@shoes.example"));
            Assert.Equal((i, i == 0 ? ScreeningDecision.Cleared : ScreeningDecision.Hit), (i, screened.Decision));
            RegisterSellerRequest request = new() { Seller = new Seller { Reference = $"seller-{i}", Party = new Party { Name = names[i], Identifiers = { new StatedIdentifier { Type = 1, Value = $"bad{i}@shoes.example" } } } } };
            if (i == 0) Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await customs.Watch.RegisterSellerAsync(request))).StatusCode);
            else Assert.Equal(ScreeningDecision.Hit, (await customs.Watch.RegisterSellerAsync(request)).Result.Decision);
        }
    }

    private static Shipment Named(string id, string name) => LocalNode.ShipmentOf(id, name, "unrelated@customs.example", street: "Am Kai 7", city: "Bremen", postcode: "28195");

    private static async Task<List<Alert>> TakeAsync(AsyncServerStreamingCall<ListAlertsResponse> call, int count)
    {
        List<Alert> alerts = [];
        while (alerts.Count < count && await call.ResponseStream.MoveNext(CancellationToken.None)) alerts.AddRange(call.ResponseStream.Current.Alerts);
        return alerts;
    }

    private static async Task<List<Alert>> ListAsync(LocalNode node)
    {
        List<Alert> alerts = [];
        using AsyncServerStreamingCall<ListAlertsResponse> call = node.Watch.ListAlerts(new ListAlertsRequest());
        await foreach (ListAlertsResponse page in call.ResponseStream.ReadAllAsync()) alerts.AddRange(page.Alerts);
        return alerts;
    }
}
