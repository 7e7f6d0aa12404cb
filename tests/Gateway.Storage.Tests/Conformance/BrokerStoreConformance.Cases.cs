using Gateway.Protocol;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

/// <summary>What every broker store must do with sealed messages on their way.</summary>
public abstract partial class BrokerStoreConformance
{
    [Fact]
    public async Task A_message_waits_once_until_it_is_acknowledged_and_is_known_for_as_long_as_a_thread_is_after_it_would_have_expired()
    {
        await using (IBrokerStore store = await OpenAsync())
        {
            Assert.Equal(1, (await store.Cases.AddMessageAsync(Between(1), Message(1), Noon, 10_000, None))?.Number);
            Assert.Equal(2, (await store.Cases.AddMessageAsync(Between(1), Message(2), Noon, 10_000, None))?.Number);
            Assert.Equal(1, (await store.Cases.AddMessageAsync(Between(1), Message(1), Noon, 10_000, None))?.Number);
        }

        await using IBrokerStore reopened = await OpenAsync();
        Assert.Equal(Between(1), await reopened.Cases.FindThreadAsync(Between(1).Thread, None));
        IReadOnlyList<RelayedMessage> waiting = await reopened.Cases.ReadWaitingAsync(Member(2), 0, 100_000, None);
        Assert.Equivalent(new[] { Message(1) with { Number = 1 }, Message(2) with { Number = 2 } }, waiting, strict: true);
        Assert.Equal([1L], (await reopened.Cases.ReadWaitingAsync(Member(2), 0, 1, None)).Select(one => one.Number)); // At least one, however little room there is.
        Assert.Equal([2L], (await reopened.Cases.ReadWaitingAsync(Member(2), 1, 100_000, None)).Select(one => one.Number));
        Assert.Empty(await reopened.Cases.ReadWaitingAsync(Member(1), 0, 100_000, None));
        await reopened.Cases.AcknowledgeAsync(Member(3), [Message(1).Hash], [], None);
        await reopened.Cases.AcknowledgeAsync(Member(2), [Message(1).Hash, Message(9).Hash], [], None);
        Assert.Equal([2L], (await reopened.Cases.ReadWaitingAsync(Member(2), 0, 100_000, None)).Select(one => one.Number));
        Assert.Null((await reopened.Cases.FindSentAsync(Member(1), Message(1).Hash, None))!.Sealed);
        Assert.Null((await reopened.Cases.AddMessageAsync(Between(1), Message(1), Noon, 10_000, None))!.Sealed); // Sent again after a crash: not delivered again.
        Assert.Equal(1, await reopened.Cases.ExpireAsync(Noon.AddDays(30), Noon, None));
        Assert.Null(await reopened.Cases.FindSentAsync(Member(1), Message(2).Hash, None));
        Assert.Null((await reopened.Cases.FindSentAsync(Member(1), Message(1).Hash, None))!.Sealed);
        Assert.NotNull(await reopened.Cases.FindThreadAsync(Between(1).Thread, None));
        await reopened.Cases.ExpireAsync(Noon.AddDays(30), Noon.AddTicks(1), None);
        Assert.Null(await reopened.Cases.FindThreadAsync(Between(1).Thread, None));
        Assert.NotNull(await reopened.Cases.FindSentAsync(Member(1), Message(1).Hash, None));
        Assert.Equal(0, await reopened.Cases.ExpireAsync(Noon.AddDays(60), Noon.AddDays(30), None));
        Assert.Null(await reopened.Cases.FindSentAsync(Member(1), Message(1).Hash, None));
    }

    [Fact]
    public async Task Nobody_has_more_waiting_than_is_allowed_in_messages_and_chunks_together()
    {
        await using IBrokerStore store = await OpenAsync();
        Assert.NotNull(await store.Cases.AddMessageAsync(Between(1), Message(1), Noon, 2_000, None));
        Assert.True(await store.Cases.AddChunkAsync(ChunkOf(1), 2_000, None));
        Assert.Null(await store.Cases.AddMessageAsync(Between(2), Message(2), Noon, 2_000, None));
        Assert.Null(await store.Cases.FindThreadAsync(Between(2).Thread, None));
        Assert.False(await store.Cases.AddChunkAsync(ChunkOf(2), 2_000, None));
        Assert.True(await store.Cases.AddChunkAsync(ChunkOf(1), 2_000, None)); // The same again costs nothing.
        Assert.Equal(ChunkOf(1).Chunk, await store.Cases.FindChunkAsync(Member(2), ChunkOf(1).Hash, None));
        Assert.Null(await store.Cases.FindChunkAsync(Member(1), ChunkOf(1).Hash, None));
        await store.Cases.AcknowledgeAsync(Member(2), [], [ChunkOf(1).Hash], None);
        Assert.Null(await store.Cases.FindChunkAsync(Member(2), ChunkOf(1).Hash, None));
        Assert.True(await store.Cases.AddChunkAsync(ChunkOf(1), 2_000, None));
        Assert.Null(await store.Cases.FindChunkAsync(Member(2), ChunkOf(1).Hash, None));
        Assert.NotNull(await store.Cases.AddMessageAsync(Between(1), Message(2), Noon, 2_000, None));
    }

    private static CaseThread Between(int number) => new(ThreadId.FromBytes(Bytes("thread", number, 16)), Member(1), Member(2), Record(1));

    private static RelayedMessage Message(int number) => new()
    {
        Hash = Bytes("hash", number, 32), Sender = Member(1), Recipient = Member(2), Thread = Between(1).Thread, Record = number == 1 ? Record(1) : null, Sealed = Bytes("message", number, 1_000), ExpiresAt = Noon.AddDays(30),
    };

    private static RelayedChunk ChunkOf(int number) => new(Bytes("chunk hash", number, 32), Member(1), Member(2), Bytes("chunk", number, 1_000), Noon.AddDays(30));
}
