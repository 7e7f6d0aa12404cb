using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.V1;
using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>Outcomes on their way to the broker.</summary>
public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task An_outcome_waits_until_it_is_answered_and_waits_again_when_it_is_stated_otherwise()
    {
        await using INodeStore store = await OpenAsync();
        NodeOutcome seized = new(RecordId.FromBytes(Bytes("record", 1, 32)), Bytes("shipment", 1, 32), Outcome.Seized, OutcomeReason.Counterfeit);
        NodeOutcome released = seized with { Outcome = Outcome.Released, Reason = OutcomeReason.Genuine };
        await store.AddOutcomesAsync([seized], None);
        await store.AddOutcomesAsync([seized], None);
        Assert.Equivalent(new[] { seized }, await store.ReadWaitingOutcomesAsync(10, None), strict: true);

        // Stated anew while the broker was asked: its answer is to what is no longer wanted.
        await store.AddOutcomesAsync([released], None);
        await store.AnswerOutcomesAsync([(seized, NodeOutcomeState.Sent)], None);
        Assert.Equivalent(new[] { released }, await store.ReadWaitingOutcomesAsync(10, None), strict: true);
        await store.AnswerOutcomesAsync([(released, NodeOutcomeState.Sent)], None);
        await store.AddOutcomesAsync([released], None);
        Assert.Empty(await store.ReadWaitingOutcomesAsync(10, None));
        await store.AddOutcomesAsync([seized], None);
        await store.AnswerOutcomesAsync([(seized, NodeOutcomeState.Refused)], None);
        Assert.Equal(1, (await store.CountOutcomesAsync(None))[NodeOutcomeState.Refused]);
        await store.AddOutcomesAsync([seized], None);
        Assert.Single(await store.ReadWaitingOutcomesAsync(10, None));
    }

    [Fact]
    public async Task A_dispute_is_kept_with_its_leaves_reminded_of_once_and_gone_with_its_circle()
    {
        DisputeState state = new(Record(1), Circle(1), 0) { DisputedAt = 2, Ground = DisputeGround.Untrue, Deadline = new UtcDay(20_030) };
        await using (INodeStore store = await OpenAsync())
        {
            await store.ApplyAsync(Apply(0, 3) with { Records = [NodeRecord(1)], Disputes = [state] }, None);
            await store.SetRemindedAsync(Record(1), 2, None);
            await store.SetRemindedAsync(Record(9), 2, None);
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equal([new NodeDispute(state, 2)], await reopened.ReadDisputesAsync(None));
        DisputeState decided = state with { DecidedOf = 2, DecidedAt = 3, Decision = DisputeDecision.Rejected, Reason = DisputeReason.Outdated };
        await reopened.ApplyAsync(Apply(3, 1) with { Disputes = [decided] }, None);
        Assert.Equal([new NodeDispute(decided, 2)], await reopened.ReadDisputesAsync(None));
        DisputeState again = decided with { DisputedAt = 4 };
        await reopened.ApplyAsync(Apply(4, 1) with { Disputes = [again] }, None);
        Assert.Equal([new NodeDispute(again)], await reopened.ReadDisputesAsync(None));
        await reopened.ApplyAsync(Apply(5, 1) with { Left = [new LeftCircle(Circle(1), 5, [])] }, None);
        Assert.Empty(await reopened.ReadDisputesAsync(None));
    }
}
