using Gateway.Protocol;
using Gateway.Storage.Broker;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Sqlite;

/// <summary>The tables of cases.</summary>
public sealed partial class RowCorruptionTests
{
    [Theory]
    [InlineData("cases", "thread role record closing sealed last_counter opened_at changed_at change row_hash")]
    [InlineData("case_messages", "case_id own counter state hash sealed outgoing refusal at row_hash")]
    [InlineData("case_chunks", "message attachment position own hash chunk done row_hash")]
    public async Task A_changed_column_of_a_case_is_never_served(string table, string columns)
    {
        await using (SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            StoredCase opened = new() { Thread = ThreadId.FromBytes(Bytes("thread", 1, 16)), Role = 1, Record = Record(1), Sealed = [1, 2], OpenedAt = Noon, ChangedAt = Noon };
            StoredCaseMessage message = new() { Own = true, Counter = 1, State = CaseMessageStatus.Queued, Hash = Bytes("hash", 1, 32), Sealed = [3, 4], Outgoing = [5, 6], Refusal = [7], At = Noon };
            await store.Cases.AddOwnAsync(opened, message, [new StoredCaseChunk { Attachment = 0, Position = 0, Own = true, Hash = Bytes("chunk", 1, 32), Chunk = [8, 9] }], [], None);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await store.Cases.ReadCasesAsync(-1, None).ToListAsync();
            await store.Cases.FindMessageAsync(1, None);
            await store.Cases.ReadOpenChunksAsync(own: true, 0, 10, None);
            await store.Cases.FindChunkAsync(1, 0, 0, None);
        });
    }

    [Theory]
    [InlineData("case_threads", "opener other record used_at row_hash")]
    [InlineData("case_messages", "recipient thread record size sealed expires_at row_hash")]
    [InlineData("case_chunks", "sender size chunk expires_at row_hash")]
    public async Task A_changed_column_of_a_message_on_its_way_is_never_served(string table, string columns)
    {
        ThreadId thread = ThreadId.FromBytes(Bytes("thread", 1, 16));
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            RelayedMessage message = new() { Hash = Bytes("hash", 1, 32), Sender = Member(1), Recipient = Member(2), Thread = thread, Record = Record(1), Sealed = Bytes("sealed", 1, 100), ExpiresAt = Noon };
            await store.Cases.AddMessageAsync(new CaseThread(thread, Member(1), Member(2), Record(1)), message, Noon, 1_000, None);
            await store.Cases.AddChunkAsync(new RelayedChunk(Bytes("chunk", 1, 32), Member(1), Member(2), [1, 2, 3], Noon), 1_000, None);
        }

        await RequireDetectedAsync(table, columns, async () =>
        {
            await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
            await store.Cases.FindThreadAsync(thread, None);
            await store.Cases.FindSentAsync(Member(1), Bytes("hash", 1, 32), None);
            await store.Cases.FindChunkAsync(Member(2), Bytes("chunk", 1, 32), None);
        });
    }
}
