using Gateway.Protocol;
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
}
