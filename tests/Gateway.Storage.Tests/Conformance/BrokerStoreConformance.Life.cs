using Gateway.Protocol;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task The_newest_acknowledgement_of_each_member_stays()
    {
        await using (IBrokerStore store = await OpenAsync())
        {
            await store.SaveAcknowledgementAsync(new StoredAcknowledgement(Member(1), 10, Bytes("ack", 1, 90), Noon), None);
            await store.SaveAcknowledgementAsync(new StoredAcknowledgement(Member(2), 5, Bytes("ack", 2, 90), Noon), None);
            await store.SaveAcknowledgementAsync(new StoredAcknowledgement(Member(1), 9, Bytes("ack", 3, 90), Noon.AddHours(1)), None);
            await store.SaveAcknowledgementAsync(new StoredAcknowledgement(Member(2), 6, Bytes("ack", 4, 90), Noon.AddHours(1)), None);
        }

        await using IBrokerStore reopened = await OpenAsync();
        IReadOnlyList<StoredAcknowledgement> kept = await reopened.ListAcknowledgementsAsync(None);
        Assert.Equivalent(new StoredAcknowledgement(Member(1), 10, Bytes("ack", 1, 90), Noon), kept.Single(one => one.Member == Member(1)), strict: true);
        Assert.Equivalent(new StoredAcknowledgement(Member(2), 6, Bytes("ack", 4, 90), Noon.AddHours(1)), kept.Single(one => one.Member == Member(2)), strict: true);
    }

    [Fact]
    public async Task Milestones_stand_in_the_order_of_the_log_and_the_newest_is_never_forgotten()
    {
        await using IBrokerStore store = await OpenAsync();
        LogMilestone[] milestones = [new(3, new UtcDay(7), Noon), new(9, new UtcDay(8), Noon.AddDays(1)), new(20, new UtcDay(8), Noon.AddDays(2))];
        foreach (LogMilestone milestone in milestones.Reverse()) await store.AddMilestoneAsync(milestone, None);
        await store.AddMilestoneAsync(new LogMilestone(9, new UtcDay(9), Noon), None);
        Assert.Equal(milestones, await store.ReadMilestonesAsync(None));
        await store.ForgetMilestonesAsync(Noon.AddDays(9), None);
        Assert.Equal([milestones[2]], await store.ReadMilestonesAsync(None));
    }

    [Fact]
    public async Task Ends_that_nobody_has_acknowledged_are_counted_by_circle()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.Null(await store.ReadLastWithdrawalAsync(None));
        await store.AppendAsync(Append(RecordLeaf(0), RecordLeaf(1), RecordLeaf(2), RecordLeaf(3, circle: 2)) with { Records = [Published(0), Published(1, expiry: 100), Published(2), Published(3, circle: 2)] }, None);
        await store.AppendAsync(Append(WithdrawalLeaf(4, Record(0)), WithdrawalLeaf(5, Record(2)), WithdrawalLeaf(6, Record(3))) with { Withdrawals = [(Record(0), 4), (Record(2), 5), (Record(3), 6)] }, None);
        Assert.Equal(6UL, await store.ReadLastWithdrawalAsync(None));
        Assert.Equal((2, 4UL), await store.CountWithdrawalsAsync(Circle(1), 0, None));
        Assert.Equal((1, 5UL), await store.CountWithdrawalsAsync(Circle(1), 5, None));
        Assert.Equal((0, (ulong?)null), await store.CountWithdrawalsAsync(Circle(1), 6, None));
        Assert.Equal(1, await store.CountExpiredAsync(Circle(1), new UtcDay(100), new UtcDay(101), None));
        Assert.Equal(0, await store.CountExpiredAsync(Circle(1), new UtcDay(101), new UtcDay(200), None));
        Assert.Equal(0, await store.CountExpiredAsync(Circle(1), new UtcDay(90), new UtcDay(100), None));
    }

    [Fact]
    public async Task A_finding_is_kept_once_for_a_circle_and_size()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.True(await store.SaveFindingAsync(new StoredFinding(Circle(1), 7, Noon, Bytes("finding", 1, 60)), None));
        Assert.True(await store.SaveFindingAsync(new StoredFinding(Circle(1), 8, Noon.AddHours(1), Bytes("finding", 2, 60)), None));
        Assert.False(await store.SaveFindingAsync(new StoredFinding(Circle(1), 7, Noon.AddHours(2), Bytes("finding", 3, 60)), None));
        Assert.Equal([Bytes("finding", 3, 60), Bytes("finding", 2, 60)], (await store.ListFindingsAsync(10, None)).Select(finding => finding.Finding));
        Assert.Single(await store.ListFindingsAsync(1, None));
        await store.ForgetFindingAsync(Circle(1), 7, None);
        await store.ForgetFindingAsync(Circle(2), 8, None);
        Assert.Equal([Bytes("finding", 2, 60)], (await store.ListFindingsAsync(10, None)).Select(finding => finding.Finding));
    }

    [Fact]
    public async Task A_member_reports_a_record_once_and_reports_are_told_by_record()
    {
        await using IBrokerStore store = await OpenAsync();
        await store.AppendAsync(Append(RecordLeaf(0), RecordLeaf(1)), None);
        Assert.True(await store.AddMisbindAsync(new StoredMisbind(Record(0), Member(1), 6, Noon), None));
        Assert.True(await store.AddMisbindAsync(new StoredMisbind(Record(0), Member(3), 5, Noon.AddHours(1)), None));
        Assert.False(await store.AddMisbindAsync(new StoredMisbind(Record(0), Member(1), 2, Noon.AddHours(9)), None));
        Assert.True(await store.AddMisbindAsync(new StoredMisbind(Record(1), Member(1), 6, Noon.AddHours(2)), None));
        IReadOnlyList<MisbindTally> tallies = await store.ListMisbindsAsync(10, None);
        Assert.Equal([(Record(1), 1, Noon.AddHours(2)), (Record(0), 2, Noon.AddHours(1))], tallies.Select(tally => (tally.Record.Id, tally.Checks.Count, tally.At)));
        Assert.Equal([5, 6], tallies[1].Checks.Order());
        Assert.Single(await store.ListMisbindsAsync(1, None));
    }
}
