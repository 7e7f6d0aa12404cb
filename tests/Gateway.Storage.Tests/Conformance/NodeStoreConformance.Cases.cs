using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Audit;
using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>What every node store must do with cases.</summary>
public abstract partial class NodeStoreConformance
{
    [Fact]
    public async Task A_message_of_a_case_is_there_with_case_chunks_and_audit_entries_after_reopening()
    {
        StoredCase written;
        StoredCaseMessage message;
        await using (INodeStore store = await OpenAsync())
        {
            (written, message) = await store.Cases.AddOwnAsync(Case(1), Own(1), [Chunk(1, own: true), Chunk(2, own: true)], [Told("a"), Told("b")], None);
            Assert.Equal((1L, 1u, 1L), (written.Id, written.LastCounter, written.Change));
        }

        await using INodeStore reopened = await OpenAsync();
        Assert.Equivalent(written, await reopened.Cases.FindCaseAsync(Case(1).Thread, None), strict: true);
        Assert.Equivalent(message, await reopened.Cases.FindMessageAsync(message.Id, None), strict: true);
        Assert.Equivalent(message with { Outgoing = null }, Assert.Single(await reopened.Cases.ReadMessagesAsync(written.Id, None).ToListAsync()), strict: true);
        Assert.Equal([0, 1], (await reopened.Cases.ReadOpenChunksAsync(own: true, 0, 10, None)).Select(chunk => chunk.Position));
        Assert.Empty(await reopened.Cases.ReadOpenChunksAsync(own: false, 0, 10, None));
        Assert.Equal(["a", "b"], (await reopened.Audit.ReadAsync(1, None).ToListAsync()).Select(entry => entry.Subject));
    }

    [Fact]
    public async Task What_cannot_be_written_whole_is_not_written_at_all()
    {
        await using INodeStore store = await OpenAsync();
        (StoredCase one, _) = await store.Cases.AddOwnAsync(Case(1), Own(1), [], [], None);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Cases.AddOwnAsync(one, Own(3), [], [Told("x")], None)); // A counter is left out.
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Cases.AddOwnAsync(Case(1), Own(1), [], [Told("x")], None)); // The thread is there.
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.Cases.AddReceivedAsync(one, Came(1), [Chunk(1), Chunk(1)], [Told("x")], None)); // One place twice.
        Assert.False(await store.Cases.HasSeenAsync(Came(1).Hash, None));
        Assert.Single(await store.Cases.ReadMessagesAsync(one.Id, None).ToListAsync());
        Assert.Empty(await store.Audit.ReadAsync(1, None).ToListAsync());
    }

    [Fact]
    public async Task A_message_that_comes_twice_is_kept_once_even_when_its_case_is_gone()
    {
        await using INodeStore store = await OpenAsync();
        Assert.True(await store.Cases.AddReceivedAsync(Case(1), Came(1), [Chunk(1)], [Told("a")], None));
        StoredCase one = (await store.Cases.FindCaseAsync(Case(1).Thread, None))!;
        Assert.False(await store.Cases.AddReceivedAsync(one, Came(1), [Chunk(1)], [Told("a")], None));
        await store.Cases.DeleteCaseAsync(one.Id, None);
        Assert.Null(await store.Cases.FindCaseAsync(one.Id, None));
        Assert.Empty(await store.Cases.ReadOpenChunksAsync(own: false, 0, 10, None));
        Assert.Empty(await store.Cases.CountMessagesAsync(None));
        Assert.True(await store.Cases.HasSeenAsync(Came(1).Hash, None));
        Assert.False(await store.Cases.AddReceivedAsync(Case(1), Came(1), [], [], None));
        Assert.Single(await store.Audit.ReadAsync(1, None).ToListAsync());
    }

    [Fact]
    public async Task A_message_goes_from_queued_to_delivered_and_what_was_to_be_sent_is_deleted()
    {
        await using INodeStore store = await OpenAsync();
        (StoredCase one, StoredCaseMessage message) = await store.Cases.AddOwnAsync(Case(1), Own(1), [Chunk(1, own: true)], [], None);
        await store.Cases.SetStateAsync(message.Id, CaseMessageStatus.Queued, [9], [], None);
        Assert.NotNull(Assert.Single(await store.Cases.ReadMessagesAsync(CaseMessageStatus.Queued, 0, 10, None)).Outgoing);
        await store.Cases.SetStateAsync(message.Id, CaseMessageStatus.Waiting, null, [], None);
        Assert.Empty(await store.Cases.ReadMessagesAsync(CaseMessageStatus.Queued, 0, 10, None));
        StoredCaseMessage waiting = (await store.Cases.FindMessageAsync(message.Id, None))!;
        Assert.Equal((CaseMessageStatus.Waiting, null, null), (waiting.State, waiting.Outgoing, waiting.Refusal));
        StoredCaseChunk chunk = Assert.Single(await store.Cases.ReadOpenChunksAsync(own: true, 0, 10, None));
        await store.Cases.FinishChunkAsync(chunk, None);
        Assert.Equal((1, 1), (await store.Cases.CountChunksAsync(message.Id, None))[0]);
        Assert.True((await store.Cases.FindCaseAsync(one.Id, None))!.Change > one.Change);
    }

    [Fact]
    public async Task A_part_that_came_stays_open_with_its_bytes_until_it_is_finished()
    {
        long caseId;
        StoredCaseChunk kept;
        await using (INodeStore store = await OpenAsync())
        {
            await store.Cases.AddReceivedAsync(Case(1), Came(1), [Chunk(1), Chunk(2)], [], None);
            await store.Cases.AddOwnAsync(Case(2), Own(1), [Chunk(1, own: true)], [], None);
            caseId = (await store.Cases.FindCaseAsync(Case(1).Thread, None))!.Id;
            long other = (await store.Cases.FindCaseAsync(Case(2).Thread, None))!.Id;
            Assert.Equal((2, 0), (await store.Cases.CountOpenChunksAsync(caseId, None), await store.Cases.CountOpenChunksAsync(other, None))); // One's own are sent, not fetched.
            kept = (await store.Cases.ReadOpenChunksAsync(own: false, 0, 10, None))[0] with { Chunk = [7, 8, 9] };
            await store.Cases.KeepChunkAsync(kept, None);
            Assert.Equal(2, await store.Cases.CountOpenChunksAsync(caseId, None));
            Assert.Equal((2, 0), (await store.Cases.CountChunksAsync(kept.Message, None))[0]);
        }

        await using INodeStore reopened = await OpenAsync();
        StoredCaseChunk read = (await reopened.Cases.ReadOpenChunksAsync(own: false, 0, 10, None))[0];
        Assert.Equivalent(kept, read, strict: true);
        await reopened.Cases.FinishChunkAsync(read, None);
        Assert.Equal(1, await reopened.Cases.CountOpenChunksAsync(caseId, None));
        Assert.Equal((2, 1), (await reopened.Cases.CountChunksAsync(kept.Message, None))[0]);
        Assert.Equal([7, 8, 9], (await reopened.Cases.FindChunkAsync(kept.Message, read.Attachment, read.Position, None))!.Chunk);
    }

    [Fact]
    public async Task What_came_is_unread_until_it_was_shown_and_a_case_closes_once()
    {
        await using INodeStore store = await OpenAsync();
        await store.Cases.AddReceivedAsync(Case(1), Came(1), [], [], None);
        StoredCase one = (await store.Cases.FindCaseAsync(Case(1).Thread, None))!;
        await store.Cases.AddReceivedAsync(one, Came(2), [], [], None);
        long first = (await store.Cases.ReadMessagesAsync(one.Id, None).ToListAsync())[0].Id;
        await store.Cases.MarkReadAsync(one.Id, first, None);
        Assert.Equal([(CaseMessageStatus.Unread, 1L), (CaseMessageStatus.Read, 1L)], (await store.Cases.CountMessagesAsync(one.Id, None)).Select(pair => (pair.Key, pair.Value)).Order());

        (StoredCase answered, _) = await store.Cases.AddOwnAsync(one with { Closing = 1 }, Own(1), [], [], None);
        Assert.Equal((1, 1u), (answered.Closing, answered.LastCounter));
        await store.Cases.CloseAsync(one.Id, 3, Noon.AddDays(1), None);
        await store.Cases.AddReceivedAsync(one with { Closing = 2 }, Came(3), [], [], None);
        StoredCase closed = (await store.Cases.FindCaseAsync(one.Id, None))!;
        Assert.Equal((1, 1u), (closed.Closing, closed.LastCounter));
        Assert.Equal([one.Id], (await store.Cases.ReadCasesAsync(0, None).ToListAsync()).Select(row => row.Id));
        Assert.Empty(await store.Cases.ReadCasesAsync(closed.Change, None).ToListAsync());
    }

    private static StoredCase Case(int number) => new() { Thread = Protocol.ThreadId.FromBytes(Bytes("thread", number, 16)), Role = (int)CaseRole.Asker, Record = Record(number), Sealed = Bytes("case", number, 120), OpenedAt = Noon, ChangedAt = Noon };

    private static StoredCaseMessage Own(uint counter) => new()
    {
        Own = true, Counter = counter, State = CaseMessageStatus.Queued, Hash = Bytes("own", counter, 32), Sealed = Bytes("said", counter, 300), Outgoing = Bytes("sealed", counter, 4_096), At = Noon,
    };

    private static StoredCaseMessage Came(uint counter) => new() { Own = false, Counter = counter, State = CaseMessageStatus.Unread, Hash = Bytes("came", counter, 32), Sealed = Bytes("heard", counter, 300), At = Noon };

    private static StoredCaseChunk Chunk(int number, bool own = false) => new() { Attachment = 0, Position = number - 1, Own = own, Hash = Bytes("chunk", number, 32), Chunk = own ? Bytes("chunk", number, 4_096) : null };

    private static AuditEvent Told(string subject) => new(Noon, "officer ann", "CaseDisclosed", subject, "done");
}
