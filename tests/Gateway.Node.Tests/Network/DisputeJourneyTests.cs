using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Tests.Network;

/// <summary>A listed party's objection, from a member's node to the end of the record at every node.</summary>
public sealed class DisputeJourneyTests
{
    private const string Email = "sales@bad-shoes.example";

    [Fact]
    public async Task An_objection_raised_at_one_node_shows_at_all_and_the_desk_s_decision_ends_the_record_everywhere()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode desk = await network.AddNodeAsync("desk"), contributor = await network.AddNodeAsync("contributor"), reader = await network.AddNodeAsync("reader"), outsider = await network.AddNodeAsync("outsider");
        RunningNode[] inside = [desk, contributor, reader];
        foreach (RunningNode node in inside.Append(outsider)) await node.StartAsync();
        await network.CreateCircleAsync("acx", policy => policy.Disputes = new DisputeRules { DeskIds = { policy.FoundingMemberIds[0], policy.FoundingMemberIds[1] } }, inside);
        ByteString record = await PublishAsync(contributor);
        foreach (RunningNode node in inside) await UntilHitAsync(node, hit => hit.Lane == Lane.Red && hit.Dispute is null);

        // The objector names himself to a member, who does not learn whose record it is.
        RaisedDispute raised = Assert.Single((await reader.Disputes.RaiseDisputeAsync(new RaiseDisputeRequest
        {
            Party = Objector, Ground = DisputeGround.WrongParty, Statement = "That is not my shop.", Contact = "me@shop.example", WaitMilliseconds = 30_000,
        })).Disputes);
        Assert.Equal((record, ""), (raised.RecordId, raised.Refusal));
        foreach (RunningNode node in inside) await UntilHitAsync(node, hit => hit.Lane == Lane.Yellow && hit.Dispute is { Decision: DisputeDecision.Unspecified });
        Assert.Empty((await outsider.Disputes.ListDisputesAsync(new ListDisputesRequest())).Disputes);

        // Both are desks; the one that contributed the record does not judge it, and its own node tells it of the dispute.
        await contributor.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "DISPUTE_OPENED"));
        DisputeLine own = Assert.Single((await contributor.Disputes.ListDisputesAsync(new ListDisputesRequest { Open = true })).Disputes);
        Assert.True(own is { Mine: true, ForDecision: false });
        DecideDisputeRequest decision = new() { RecordId = record, Decision = DisputeDecision.Upheld, Reason = DisputeReason.WrongParty };
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await contributor.Disputes.DecideDisputeAsync(decision));
        Assert.Equal("DISPUTE_OWN_RECORD", refused.ToRefusal("node").Code);

        InboxLine waiting = Assert.Single((await desk.Disputes.ReadInboxAsync(new ReadInboxRequest { WaitMilliseconds = 30_000 })).Lines);
        Assert.Equal(("That is not my shop.", "me@shop.example", record), (waiting.Objection.Statement, waiting.Objection.Contact, Assert.Single(waiting.MetRecordIds)));
        await desk.Disputes.CloseInboxAsync(new CloseInboxRequest { Id = waiting.Id });
        DecideDisputeResponse decided = await desk.Disputes.DecideDisputeAsync(decision);
        Assert.Equal(decided.Index + 1, decided.WithdrawalIndex);
        foreach (RunningNode node in inside)
        {
            await UntilAsync(async () => (await QueryAsync(node)).Decision == ScreeningDecision.Cleared);
            DisputeLine line = Assert.Single((await node.Disputes.ListDisputesAsync(new ListDisputesRequest())).Disputes);
            Assert.Equal((DisputeDecision.Upheld, DisputeReason.WrongParty, "WITHDRAWN"), (line.Note.Decision, line.Note.Reason, line.RecordState));
            Assert.DoesNotContain((await node.UntilAsync(_ => true)).Alarms, alarm => alarm.Error.Code is "WITHDRAWAL_FORGED" or "DISPUTE_INVALID");
        }

        await contributor.UntilAsync(status => status.Alarms.Any(alarm => alarm.Error.Code == "DISPUTE_DECIDED"));
    }

    [Fact]
    public async Task A_stranger_s_objection_is_found_by_the_desk_s_own_screening_and_opened_there()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode desk = await network.AddNodeAsync("desk"), contributor = await network.AddNodeAsync("contributor");
        foreach (RunningNode node in (RunningNode[])[desk, contributor]) await node.StartAsync();
        await network.CreateCircleAsync("acx", policy => policy.Disputes = new DisputeRules { DeskIds = { policy.FoundingMemberIds[0] } }, desk, contributor);
        ByteString record = await PublishAsync(contributor);
        await UntilHitAsync(desk, hit => hit.Lane == Lane.Red);
        await network.Broker.Objections.SealAndFileAsync(System.Net.IPAddress.Loopback, new Objection { Party = Objector, Statement = "Not me.", Ground = DisputeGround.WrongParty }, CancellationToken.None);
        InboxLine waiting = Assert.Single((await desk.Disputes.ReadInboxAsync(new ReadInboxRequest { WaitMilliseconds = 30_000 })).Lines);
        Assert.Equal(record, Assert.Single(waiting.MetRecordIds));
        await desk.Disputes.RaiseDisputeAsync(new RaiseDisputeRequest { RecordId = record, Ground = waiting.Objection.Ground, Objection = waiting.Id });
        await UntilHitAsync(contributor, hit => hit is { Lane: Lane.Yellow, Dispute: not null });
        Assert.Empty((await desk.Disputes.ReadInboxAsync(new ReadInboxRequest())).Lines);
    }

    [Fact]
    public async Task Outcomes_wait_at_the_node_while_the_broker_is_away_and_each_is_answered_by_itself()
    {
        await using RunningNetwork network = await RunningNetwork.StartAsync();
        RunningNode contributor = await network.AddNodeAsync("contributor"), reader = await network.AddNodeAsync("reader");
        foreach (RunningNode node in (RunningNode[])[contributor, reader]) await node.StartAsync();
        await network.CreateCircleAsync("acx", contributor, reader);
        ByteString record = await PublishAsync(contributor);
        await UntilHitAsync(reader, hit => hit.Lane == Lane.Red);
        await network.StopBrokerAsync();
        StatedOutcome Stated(string shipment, OutcomeReason reason) => new() { RecordId = ByteString.CopyFrom(record.Span[..4]), Shipment = shipment, Outcome = Outcome.Seized, Reason = reason };
        AddOutcomesResponse answer = await reader.Outcomes.AddOutcomesAsync(new AddOutcomesRequest { Outcomes = { Stated("S1", OutcomeReason.Counterfeit), Stated("S2", OutcomeReason.Gone), Stated("", OutcomeReason.Counterfeit), Stated("S1", OutcomeReason.OtherOffence) } });
        Assert.Equal([null, "OUTCOME_REASON", "SHIPMENT_REFERENCE", null], answer.Outcomes.Select(one => one.Refusal?.Code));
        Assert.Equal(record, answer.Outcomes[0].RecordId);
        Assert.Equal("OUTCOME_OWN_RECORD", Assert.Single((await contributor.Outcomes.AddOutcomesAsync(new AddOutcomesRequest { Outcomes = { Stated("S1", OutcomeReason.Counterfeit) } })).Outcomes).Refusal.Code);
        Assert.Equal(1u, (await reader.Outcomes.SummariseOutcomesAsync(new SummariseOutcomesRequest())).Waiting);
        await network.StartBrokerAsync();
        await UntilAsync(async () => (await reader.Outcomes.SummariseOutcomesAsync(new SummariseOutcomesRequest())).Waiting == 0);
        List<Gateway.Storage.Broker.StoredOutcome> kept = [];
        await foreach (Gateway.Storage.Broker.StoredOutcome outcome in network.Broker.Store.Outcomes.ReadContributorAsync(network.Broker.View.Current.Members.Values.Single(member => member.Name == "contributor").Id, null, CancellationToken.None)) kept.Add(outcome);
        Assert.Equal(OutcomeReason.OtherOffence, Assert.Single(kept).Reason);
    }

    private static Party Objector => new() { Kind = SubjectKind.Organisation, Identifiers = { new StatedIdentifier { Type = 1, Value = Email } } };

    private static async Task<ByteString> PublishAsync(RunningNode node)
    {
        using AsyncDuplexStreamingCall<ContributeRequest, ContributeResponse> call = node.Contributions.Contribute();
        await call.RequestStream.WriteAsync(new ContributeRequest
        {
            Contributions =
            {
                new Contribution
                {
                    Circle = "acx",
                    Reference = "case-1",
                    Summary = new Summary { Kind = RecordKind.BadActor, EvidenceGrade = EvidenceGrade.SeizureConfirmed, Categories = { GoodsCategory.Footwear }, Severity = Severity.High },
                    Subject = new Party { Kind = SubjectKind.Organisation, Name = "Bad Shoes Trading GmbH", Identifiers = { Objector.Identifiers } },
                },
            },
        });
        await call.RequestStream.CompleteAsync();
        ContributionOutcome last = new();
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) last = call.ResponseStream.Current.Outcomes[^1];
        Assert.Equal(ContributionState.Published, last.State);
        return last.RecordId;
    }

    private static async Task<ScreeningResult> QueryAsync(RunningNode node) => (await node.Screening.QueryAsync(new QueryRequest { Party = Objector, WaitMilliseconds = 30_000 })).Result;

    private static Task UntilHitAsync(RunningNode node, Func<Hit, bool> holds) => UntilAsync(async () => (await QueryAsync(node)).Hits is [{ } hit] && holds(hit));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException("It did not come true in a minute.");
            await Task.Delay(50);
        }
    }
}
