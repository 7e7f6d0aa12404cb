using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task Evaluators_are_kept_by_name_and_the_newest_word_about_one_counts()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.Empty(await store.ListEvaluatorsAsync(None));
        StoredEvaluator second = new("second", "https://localhost:1", Bytes("box", 1, 32), "ann", Noon), third = new("third", "https://localhost:2", Bytes("box", 2, 32), "bob", Noon);
        await store.SaveEvaluatorAsync(third, None);
        await store.SaveEvaluatorAsync(second, None);
        await store.SaveEvaluatorAsync(second with { Address = "https://localhost:3", AdmittedAt = Noon.AddHours(1) }, None);
        IReadOnlyList<StoredEvaluator> evaluators = await store.ListEvaluatorsAsync(None);
        Assert.Equal([("second", "https://localhost:3", "ann", Noon.AddHours(1)), ("third", "https://localhost:2", "bob", Noon)], evaluators.Select(evaluator => (evaluator.Name, evaluator.Address, evaluator.AdmittedBy, evaluator.AdmittedAt)));
        Assert.Equal(second.BoxKey, evaluators[0].BoxKey);
    }

    [Fact]
    public async Task One_share_waits_at_a_time_and_it_waits_from_the_decision_on()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.Null(await store.ReadShareOfferAsync(None));
        StoredShareOffer first = new("second", [1, 2, 3], Noon), other = new("third", [4, 5], Noon.AddHours(1));
        await store.Changes.DecideAsync(Execution(await store.Changes.AddAsync(Proposal(), None)) with { ShareOffer = first }, None);
        Assert.Equal(("second", Noon), ((await store.ReadShareOfferAsync(None))!.Evaluator, (await store.ReadShareOfferAsync(None))!.MadeAt));

        long own = await store.Changes.AddAsync(Proposal(), None);
        await Assert.ThrowsAsync<ChangeDecidedException>(async () => await store.Changes.DecideAsync(Execution(own, "ann") with { ShareOffer = other }, None));
        Assert.Equal(first.Offer, (await store.ReadShareOfferAsync(None))!.Offer);

        await store.Changes.DecideAsync(Execution(own) with { ShareOffer = other }, None);
        await store.DeleteShareOfferAsync(first.Offer, None); // Not the one that waits.
        Assert.Equal(other.Offer, (await store.ReadShareOfferAsync(None))!.Offer);
        await store.DeleteShareOfferAsync(other.Offer, None);
        Assert.Null(await store.ReadShareOfferAsync(None));
    }
}
