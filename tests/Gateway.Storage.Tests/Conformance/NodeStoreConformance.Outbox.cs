using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task A_draft_is_given_an_id_and_a_repetition_returns_its_row()
    {
        await using INodeStore store = await OpenAsync();
        IReadOnlyList<OutboxRow> rows = await store.AddDraftsAsync([Draft("a"), Draft("b"), Draft("a"), Draft("a", circle: 2)], None);
        Assert.Equal([1L, 2L, 1L, 3L], rows.Select(row => row.Id));
        IReadOnlyList<OutboxRow> again = await store.AddDraftsAsync([Draft("b")], None);
        Assert.Equivalent(rows[1], Assert.Single(again), strict: true);
        Assert.Equal(3, (await store.ListOutboxAsync(None).ToListAsync()).Count);
    }

    [Fact]
    public async Task A_draft_with_other_content_replaces_a_draft_under_the_same_id()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddDraftsAsync([Draft("a")], None);
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a", content: 2)], None));
        Assert.Equivalent(Draft("a", content: 2) with { Id = 1 }, row, strict: true);
        Assert.Equivalent(new[] { row }, await store.ReadOutboxAsync(OutboxState.Draft, 0, 10, None), strict: true);
    }

    [Fact]
    public async Task A_withdrawn_row_stays_withdrawn_until_the_case_changes()
    {
        await using INodeStore store = await OpenAsync();
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None));
        OutboxRow withdrawn = row with { State = OutboxState.Withdrawn, RecordId = Record(1), RecordSalt = Bytes("salt", 1, 32), Draft = null };
        await store.UpdateOutboxAsync([withdrawn], None);
        Assert.Equivalent(withdrawn, Assert.Single(await store.AddDraftsAsync([Draft("a")], None)), strict: true);
        Assert.Equivalent(Draft("a", content: 2) with { Id = row.Id }, Assert.Single(await store.AddDraftsAsync([Draft("a", content: 2)], None)), strict: true);
    }

    [Theory]
    [InlineData(OutboxState.Refused)]
    public async Task A_refused_row_is_replaced_by_a_new_draft_even_of_the_same_content(OutboxState state)
    {
        await using INodeStore store = await OpenAsync();
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None));
        await store.UpdateOutboxAsync([row with { State = state, Refusal = [1], RecordId = Record(1), RecordSalt = Bytes("salt", 1, 32) }], None);
        Assert.Equivalent(Draft("a") with { Id = row.Id }, Assert.Single(await store.AddDraftsAsync([Draft("a")], None)), strict: true);
        Assert.Null(await store.FindOutboxAsync(Record(1), None));
    }

    [Theory]
    [InlineData(OutboxState.Sealed)]
    [InlineData(OutboxState.Acknowledged)]
    [InlineData(OutboxState.Logged)]
    [InlineData(OutboxState.Closed)]
    public async Task A_row_on_its_way_is_returned_unchanged_whatever_the_draft_says(OutboxState state)
    {
        await using INodeStore store = await OpenAsync();
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None)) with { State = state, RecordId = Record(1), Submission = [1, 2], Receipt = [3] };
        await store.UpdateOutboxAsync([row], None);
        Assert.Equivalent(new[] { row, row }, await store.AddDraftsAsync([Draft("a"), Draft("a", content: 2)], None), strict: true);
        Assert.Equivalent(row, await store.FindOutboxAsync(Record(1), None), strict: true);
    }

    [Fact]
    public async Task Outbox_rows_are_rewritten_all_or_none()
    {
        await using INodeStore store = await OpenAsync();
        OutboxRow row = Assert.Single(await store.AddDraftsAsync([Draft("a")], None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.UpdateOutboxAsync([row with { State = OutboxState.Sealed }, row with { Id = 77 }], None));
        Assert.Equivalent(new[] { row }, await store.ReadOutboxAsync(OutboxState.Draft, 0, 10, None), strict: true);
    }

    [Fact]
    public async Task Outbox_rows_are_read_by_state_from_an_id_on_and_counted()
    {
        await using INodeStore store = await OpenAsync();
        IReadOnlyList<OutboxRow> rows = await store.AddDraftsAsync([.. Enumerable.Range(0, 5).Select(number => Draft($"r{number}", number))], None);
        await store.UpdateOutboxAsync([rows[2] with { State = OutboxState.Sealed }], None);
        Assert.Equal([2L, 4L], (await store.ReadOutboxAsync(OutboxState.Draft, 1, 2, None)).Select(row => row.Id));
        Assert.Equal(new Dictionary<OutboxState, long> { [OutboxState.Draft] = 4, [OutboxState.Sealed] = 1 }, await store.CountOutboxAsync(None));
        List<OutboxRow> listed = await store.ListOutboxAsync(None).ToListAsync();
        Assert.Equal([5L, 4L, 3L, 2L, 1L], listed.Select(row => row.Id));
        Assert.All(listed, row => Assert.Null(row.Draft));
    }

    [Fact]
    public async Task The_feed_logs_own_records_and_marks_their_withdrawal()
    {
        await using INodeStore store = await OpenAsync();
        IReadOnlyList<OutboxRow> rows = await store.AddDraftsAsync([Draft("a"), Draft("b", 2)], None);
        OutboxRow first = rows[0] with { State = OutboxState.Acknowledged, RecordId = Record(1), Submission = [1], Receipt = [2] };
        OutboxRow second = rows[1] with { State = OutboxState.Sealed, RecordId = Record(2), Submission = [1] };
        await store.UpdateOutboxAsync([first, second], None);
        await store.ApplyAsync(Apply(0, 2) with { LoggedOutbox = [Record(1), Record(2), Record(3)], WithdrawnOutbox = [Record(2)] }, None);
        Assert.Equivalent(first with { State = OutboxState.Logged, Draft = null }, await store.FindOutboxAsync(Record(1), None), strict: true);
        Assert.Equivalent(second with { State = OutboxState.Withdrawn, Draft = null, Submission = null }, await store.FindOutboxAsync(Record(2), None), strict: true);
    }

    [Fact]
    public async Task A_withdrawal_is_open_until_it_is_acknowledged_or_refused()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddWithdrawalAsync(Withdrawal(2), None);
        await store.AddWithdrawalAsync(Withdrawal(1), None);
        await store.AddWithdrawalAsync(Withdrawal(3), None);
        await store.AddWithdrawalAsync(Withdrawal(2) with { Request = [9] }, None);
        Assert.Equivalent(new[] { Withdrawal(2), Withdrawal(1), Withdrawal(3) }, await store.ReadOpenWithdrawalsAsync(None), strict: true);
        await store.UpdateWithdrawalAsync(Withdrawal(2) with { Receipt = [1] }, None);
        await store.UpdateWithdrawalAsync(Withdrawal(3) with { Refusal = [2] }, None);
        Assert.Equal([Record(1)], (await store.ReadOpenWithdrawalsAsync(None)).Select(withdrawal => withdrawal.Record));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.UpdateWithdrawalAsync(Withdrawal(8), None));
    }

    [Fact]
    public async Task Alarms_are_read_newest_first()
    {
        await using INodeStore store = await OpenAsync();
        await store.AddAlarmAsync(Alarm(1), None);
        await store.AddAlarmAsync(Alarm(2) with { Evidence = [] }, None);
        await store.AddAlarmAsync(Alarm(3), None);
        Assert.Equivalent(new[] { Alarm(3), Alarm(2) with { Evidence = [] } }, await store.ReadAlarmsAsync(2, None), strict: true);
    }
}
