using System.Collections.Concurrent;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.EndToEnd;

/// <summary>A circle from its founding to a removal, by real nodes and a real broker.</summary>
public sealed class CircleTests
{
    private const string Circle = "protocol";

    [Fact]
    public async Task Who_joins_gets_the_live_older_records_and_who_is_removed_keeps_and_gets_nothing()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode police = await network.AddNodeAsync("police", MemberRole.Police);
        await network.CreateCircleAsync(Circle, customs, retailer);
        IReadOnlyList<ContributionOutcome> first = await retailer.ContributeAsync(CaseOf(1), CaseOf(2), CaseOf(3));
        await WithdrawAsync(retailer, first[1]);

        // Screened before it joins: the older records have to find what it has met.
        await police.AcceptAsync(Circle);
        await customs.Circles.InviteAsync(new InviteRequest { Circle = Circle, Member = "police" });
        await police.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 1 && circle.BackfillRemaining == 0 && circle.LiveRecords == 2), "the older records");
        Assert.Equal(ScreeningDecision.Hit, (await police.ScreenAsync(ShipmentOf(1))).Decision);
        Assert.Equal(ScreeningDecision.Cleared, (await police.ScreenAsync(ShipmentOf(2))).Decision);

        // A record of the old epoch is withdrawn at the joiner, too; a new one comes under the new key.
        await WithdrawAsync(retailer, first[0]);
        Assert.All(await retailer.ContributeAsync(CaseOf(4)), outcome => Assert.Equal(ContributionState.Published, outcome.State));
        Assert.All(await police.ContributeAsync(CaseOf(5)), outcome => Assert.Equal(ContributionState.Published, outcome.State));
        await police.UntilAsync(status => status.LiveRecords == 3, "a withdrawal and two records");
        Assert.Equal(ScreeningDecision.Cleared, (await police.ScreenAsync(ShipmentOf(1))).Decision);
        Assert.Equal(ScreeningDecision.Hit, (await police.ScreenAsync(ShipmentOf(4))).Decision);
        Assert.Empty((await police.StatusAsync()).Alarms);

        await customs.Circles.RemoveAsync(new RemoveRequest { Circle = Circle, Member = "police", Reason = MembershipReason.RulesBroken });
        await police.UntilAsync(status => status.Circles.Count == 0 && status.LiveRecords == 0, "its removal");
        foreach (LocalNode node in new[] { customs, retailer }) await node.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 2), "the next epoch");
        ContributionOutcome later = Assert.Single(await retailer.ContributeAsync(CaseOf(6)));
        await customs.UntilAsync(status => status.LiveRecords == 4, "the record after the removal");
        GetStatusResponse gone = await police.UntilAsync(status => status.LogSize > later.Index, "the log's end");
        Assert.Equal(0UL, gone.LiveRecords);
        Assert.Equal(["CIRCLE_LEFT"], gone.Alarms.Select(alarm => alarm.Error.Code));
        VerifyLogResponse verified = await police.Contributions.VerifyLogAsync(new VerifyLogRequest());
        Assert.Empty(verified.Faults);
        Assert.Equal((await customs.UntilAsync(status => status.LogSize >= verified.Size, "the log's end")).LogRoot, verified.Root);

        // Its own contribution stays listed, and it can still take it back.
        RecordLine own = Assert.Single(await ListAsync(police, new ListRecordsRequest { Mine = true }));
        Assert.Equal(("case-5", "PUBLISHED"), (own.Reference, own.State));
        await WithdrawAsync(police, own.RecordId);
        await customs.UntilAsync(status => status.LiveRecords == 3, "the withdrawal of who has left");

        // Away while it happened, and restarted: the same in the end.
        await police.StopAsync();
        await police.StartAsync();
        await police.AcceptAsync(Circle);
        await customs.Circles.InviteAsync(new InviteRequest { Circle = Circle, Member = "police" });
        await police.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 3 && circle.BackfillRemaining == 0 && circle.LiveRecords == 3), "everything, once more");
        await police.Circles.LeaveAsync(new LeaveRequest { Circle = Circle });
        await police.UntilAsync(status => status.Circles.Count == 0 && status.LiveRecords == 0, "its departure");
        await customs.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == 4 && circle.MemberCount == 2), "the epoch without it");
        Assert.Empty((await customs.StatusAsync()).Alarms);
        Assert.Empty((await retailer.StatusAsync()).Alarms);
    }

    [Fact]
    public async Task Publishing_goes_on_while_epochs_change_and_nothing_is_lost_or_doubled()
    {
        await using LocalNetwork network = await LocalNetwork.StartAsync();
        LocalNode customs = await network.AddNodeAsync("customs", MemberRole.Customs);
        LocalNode retailer = await network.AddNodeAsync("retailer", MemberRole.Retailer);
        LocalNode police = await network.AddNodeAsync("police", MemberRole.Police);
        await network.CreateCircleAsync(Circle, customs, retailer);
        using CancellationTokenSource stop = new();
        ConcurrentBag<ContributionOutcome> outcomes = [];
        Task<int> publishing = PublishUntilAsync(retailer, outcomes, stop.Token);
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            if (epoch % 2 == 1)
            {
                await police.AcceptAsync(Circle);
                await customs.Circles.InviteAsync(new InviteRequest { Circle = Circle, Member = "police" });
            }
            else
            {
                await customs.Circles.RemoveAsync(new RemoveRequest { Circle = Circle, Member = "police", Reason = MembershipReason.Requested });
            }

            int reached = epoch;
            await retailer.UntilAsync(status => status.Circles.Any(circle => circle.Epoch == reached), $"epoch {reached}");
            await police.UntilAsync(status => reached % 2 == 1 ? status.Circles.Any(circle => circle.Epoch == reached) : status.Circles.Count == 0, $"epoch {reached}");
        }

        await stop.CancelAsync();
        int contributed = await publishing;
        Assert.All(outcomes, outcome => Assert.Equal(ContributionState.Published, outcome.State));
        foreach (LocalNode node in new[] { customs, retailer, police }) await node.UntilAsync(status => status.LiveRecords == (ulong)contributed, $"{contributed} records");
        List<RecordLine> mine = await ListAsync(retailer, new ListRecordsRequest { Mine = true }), held = await ListAsync(customs, new ListRecordsRequest());
        Assert.Equal(Enumerable.Range(0, contributed).Select(number => $"case-{number}").Order(StringComparer.Ordinal), mine.Select(line => line.Reference).Order(StringComparer.Ordinal));
        Assert.All(mine, line => Assert.Equal("LIVE", line.State));
        Assert.Equal(mine.Select(line => line.RecordId.ToBase64()).Order(StringComparer.Ordinal), held.Select(line => line.RecordId.ToBase64()).Order(StringComparer.Ordinal));

        // Who came in while others published has what was published under the key before, too, although nothing was when its steward made the new one.
        Assert.Equal(held.Select(line => line.RecordId.ToBase64()).Order(StringComparer.Ordinal), (await ListAsync(police, new ListRecordsRequest())).Select(line => line.RecordId.ToBase64()).Order(StringComparer.Ordinal));
        Assert.DoesNotContain((await police.StatusAsync()).Alarms, alarm => alarm.Error.Code == "LIVE_DIGEST_DIFFERS");
        foreach (LocalNode node in new[] { customs, retailer })
        {
            Assert.Empty((await node.StatusAsync()).Alarms);
            Assert.Empty((await node.Contributions.VerifyLogAsync(new VerifyLogRequest())).Faults);
        }
    }

    private static Contribution CaseOf(int number) =>
        LocalNode.Case(Circle, $"case-{number}", $"Bad Shoes {number} Trading GmbH", EmailOf(number), $"Hauptstraße {number + 1}", "Hamburg", $"2{number:0000}");

    private static Shipment ShipmentOf(int number) => LocalNode.ShipmentOf($"S{number}", "Someone Else Ltd", EmailOf(number));

    private static string EmailOf(int number) => $"sales{number}@bad-shoes.example";

    private static async Task<int> PublishUntilAsync(LocalNode node, ConcurrentBag<ContributionOutcome> outcomes, CancellationToken stop)
    {
        int next = 0;
        while (!stop.IsCancellationRequested)
        {
            foreach (ContributionOutcome outcome in await node.ContributeAsync([.. Enumerable.Range(next, 5).Select(CaseOf)])) outcomes.Add(outcome);
            next += 5;
        }

        return next;
    }

    private static Task WithdrawAsync(LocalNode node, ContributionOutcome published) => WithdrawAsync(node, published.RecordId);

    private static async Task WithdrawAsync(LocalNode node, ByteString record) =>
        Assert.True((await node.Contributions.WithdrawRecordAsync(new WithdrawRecordRequest { RecordId = record, Reason = WithdrawalReason.Mistake })).Index > 0);

    private static async Task<List<RecordLine>> ListAsync(LocalNode node, ListRecordsRequest request)
    {
        using AsyncServerStreamingCall<ListRecordsResponse> call = node.Contributions.ListRecords(request);
        List<RecordLine> lines = [];
        await foreach (ListRecordsResponse response in call.ResponseStream.ReadAllAsync()) lines.AddRange(response.Records);
        return lines;
    }
}
