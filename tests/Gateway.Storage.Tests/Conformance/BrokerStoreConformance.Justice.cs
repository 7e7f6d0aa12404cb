using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>Objections that wait for their desk, and what came of hits.</summary>
public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task An_objection_waits_for_its_desk_until_it_is_closed_or_too_old()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.Disputes.AddObjectionsAsync([Objection(1, Noon), Objection(2, Noon)], None);
        await store.Disputes.AddObjectionsAsync([Objection(1, Noon.AddDays(1))], None);
        IReadOnlyList<StoredObjection> waiting = await store.Disputes.ReadObjectionsAsync(Desk(1), 0, 10, None);
        Assert.Equivalent(new[] { Objection(1, Noon) with { Id = waiting[0].Id }, Objection(1, Noon.AddDays(1)) with { Id = waiting[1].Id } }, waiting, strict: true);
        Assert.Equal([waiting[1].Id], (await store.Disputes.ReadObjectionsAsync(Desk(1), waiting[0].Id, 10, None)).Select(one => one.Id));
        Assert.Equal((2, 1), ((await store.Disputes.CountObjectionsAsync(None))[Desk(1)], (await store.Disputes.CountObjectionsAsync(None))[Desk(2)]));
        Assert.True(await store.Disputes.HasObjectionAsync(Desk(2), "ref", None));
        Assert.False(await store.Disputes.HasObjectionAsync(Desk(2), "re", None));
        Assert.False(await store.Disputes.HasObjectionAsync(Desk(3), "ref", None));
        Assert.False(await store.Disputes.DeleteObjectionAsync(Desk(2), waiting[0].Id, None));
        Assert.True(await store.Disputes.DeleteObjectionAsync(Desk(1), waiting[0].Id, None));
        Assert.Equal(1, await store.Disputes.DeleteObjectionsAsync(Noon.AddHours(1), None));
        Assert.Single(await store.Disputes.ReadObjectionsAsync(Desk(1), 0, 10, None));
    }

    [Fact]
    public async Task An_outcome_of_a_member_record_and_shipment_replaces_the_earlier_one_in_its_place()
    {
        await using IBrokerStore store = await OpenAsync();
        StoredOutcome first = OutcomeOf(1, 1, 1), second = OutcomeOf(1, 2, 1), other = OutcomeOf(2, 1, 1);
        await store.Outcomes.SaveAsync([first, second, other], None);
        StoredOutcome changed = first with { Outcome = Outcome.FalsePositive, Reason = OutcomeReason.OtherParty };
        await store.Outcomes.SaveAsync([changed], None);
        List<StoredOutcome> all = await store.Outcomes.ReadCircleAsync(first.Circle, null, None).ToListAsync();
        Assert.Equal([(Outcome.FalsePositive, 1L), (Outcome.Seized, 2L), (Outcome.Seized, 3L)], all.OrderBy(one => one.Number).Select(one => (one.Outcome, one.Number)));
        RecordId least = all[0].Record;
        Assert.All(await store.Outcomes.ReadCircleAsync(first.Circle, least, None).ToListAsync(), one => Assert.True(one.Record > least));
        Assert.Equal(3, (await store.Outcomes.ReadContributorAsync(first.Contributor, null, None).ToListAsync()).Count);
        StoredOutcome third = OutcomeOf(1, 1, 2);
        await store.Outcomes.SaveAsync([third], None);
        IReadOnlyList<StoredOutcome> ofMember = await store.Outcomes.ReadMemberAsync(first.Record, first.Member, None);
        Assert.Equal([Outcome.FalsePositive, Outcome.Seized], ofMember.Select(one => one.Outcome));
        Assert.True(ofMember[0].Number == 1 && ofMember[1].Number > 3); // The correction kept its place.
        Assert.Empty(await store.Outcomes.ReadMemberAsync(other.Record, second.Member, None));
        Assert.Empty(await store.Outcomes.ReadContributorAsync(first.Member, null, None).ToListAsync());
    }

    [Fact]
    public async Task How_a_dispute_stands_is_kept_with_the_leaves_that_say_so_and_listed_while_its_record_lives()
    {
        StoredDispute open = new(new DisputeState(Record(1), Circle(1), 0) { DisputedAt = 2, Ground = DisputeGround.Untrue, Deadline = new UtcDay(20_030) }, Member(7), new UtcDay(20_000));
        await using (IBrokerStore store = await OpenAsync())
        {
            await store.AppendAsync(Append(DayLeaf(0), RecordLeaf(1)), None);
            Assert.Null(await store.Disputes.FindAsync(Record(1), None));
            await store.AppendAsync(Append(DayLeaf(2)) with { Disputes = [open] }, None);
        }

        await using IBrokerStore reopened = await OpenAsync();
        Assert.Equal(open, await reopened.Disputes.FindAsync(Record(1), None));
        UtcDay expiry = (await reopened.FindRecordAsync(Record(1), None))!.Expiry;
        Assert.Equal([open], await reopened.Disputes.ListOpenAsync(expiry, None));
        Assert.Empty(await reopened.Disputes.ListOpenAsync(expiry.AddDays(1), None));
        Assert.Equal(1, await reopened.Disputes.CountOpenedAsync(Member(7), new UtcDay(20_000), None));
        Assert.Equal(0, await reopened.Disputes.CountOpenedAsync(Member(7), new UtcDay(20_001), None));
        Assert.Equal(0, await reopened.Disputes.CountOpenedAsync(Member(8), new UtcDay(20_000), None));
        StoredDispute decided = open with { State = open.State with { DecidedOf = 2, DecidedAt = 3, Decision = DisputeDecision.Rejected, Reason = DisputeReason.Outdated } };
        await reopened.AppendAsync(Append(DayLeaf(3)) with { Disputes = [decided] }, None);
        Assert.Equal(decided, await reopened.Disputes.FindAsync(Record(1), None));
        Assert.Empty(await reopened.Disputes.ListOpenAsync(expiry, None));
        await reopened.AppendAsync(Append(DayLeaf(4)) with { Disputes = [open], Withdrawals = [(Record(1), 4)] }, None);
        Assert.Empty(await reopened.Disputes.ListOpenAsync(expiry, None));
    }

    private static MemberId Desk(int number) => MemberId.FromBytes(Bytes("desk", number, 16));

    private static StoredObjection Objection(int desk, DateTimeOffset at) => new(Desk(desk), "ref", at, null, [1, 2, 3]);

    private static StoredOutcome OutcomeOf(int record, int member, int shipment) => new(
        RecordId.FromBytes(Bytes("record", record, 32)), CircleId.FromBytes(Bytes("circle", 1, 16)), MemberId.FromBytes(Bytes("contributor", 1, 16)), MemberId.FromBytes(Bytes("member", member, 16)),
        Bytes("shipment", shipment, 32), Outcome.Seized, OutcomeReason.Counterfeit);
}
