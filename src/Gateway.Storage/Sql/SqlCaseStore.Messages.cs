using System.Globalization;
using Gateway.Storage.Audit;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

internal sealed partial class SqlCaseStore
{
    private const string MessageQuery = "SELECT case_id, own, counter, state, hash, sealed, outgoing, refusal, at, row_hash, id FROM case_messages";
    private const string ChunkQuery = "SELECT message, attachment, position, own, hash, chunk, done, row_hash, id FROM case_chunks";

    public ValueTask<IReadOnlyDictionary<CaseMessageStatus, long>> CountMessagesAsync(long caseId, CancellationToken cancellation) => database.ReadAsync<IReadOnlyDictionary<CaseMessageStatus, long>>(
        session => CountsOf(session.Start("SELECT state, COUNT(*) FROM case_messages WHERE case_id = ? GROUP BY state").Bind(caseId)), cancellation);

    public ValueTask<IReadOnlyDictionary<CaseMessageStatus, long>> CountMessagesAsync(CancellationToken cancellation) => database.ReadAsync<IReadOnlyDictionary<CaseMessageStatus, long>>(
        session => CountsOf(session.Start("SELECT state, COUNT(*) FROM case_messages GROUP BY state")), cancellation);

    public IAsyncEnumerable<StoredCaseMessage> ReadMessagesAsync(long caseId, CancellationToken cancellation) => database.ReadPagesAsync<StoredCaseMessage, long>(
        0,
        (session, last, page) =>
        {
            page.AddRange(ReadAll(session.Start(MessageQuery + " WHERE case_id = ? AND id > ? ORDER BY id LIMIT ?").Bind(caseId).Bind(last).Bind(PageRows), ReadMessage));
            long next = page.Count == 0 ? last : page[^1].Id;
            for (int i = 0; i < page.Count; i++)
            {
                page[i] = page[i] with { Outgoing = null };
            }

            return next;
        },
        cancellation);

    public ValueTask<StoredCaseMessage?> FindMessageAsync(long id, CancellationToken cancellation) => database.ReadAsync(session => FindMessage(session, id), cancellation);

    public ValueTask<IReadOnlyList<StoredCaseMessage>> ReadMessagesAsync(CaseMessageStatus state, long afterId, int most, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<StoredCaseMessage>>(
        session => ReadAll(session.Start(MessageQuery + " WHERE state = ? AND id > ? ORDER BY id LIMIT ?").Bind((long)state).Bind(afterId).Bind(most), ReadMessage), cancellation);

    public ValueTask SetStateAsync(long id, CaseMessageStatus state, byte[]? refusal, IReadOnlyList<AuditEvent> events, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            if (FindMessage(session, id) is not { } message)
            {
                return; // Its case was deleted meanwhile.
            }

            UpdateMessage(session, message with { State = state, Refusal = refusal, Outgoing = state == CaseMessageStatus.Queued ? message.Outgoing : null });
            if (FindCase(session, message.CaseId) is { } one && state != message.State)
            {
                WriteCase(session, one);
            }

            SqlAuditStore.Append(session, events);
        },
        cancellation);

    public ValueTask MarkReadAsync(long caseId, long upToMessage, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            List<StoredCaseMessage> unread = ReadAll(
                session.Start(MessageQuery + " WHERE case_id = ? AND state = ? AND id <= ?").Bind(caseId).Bind((long)CaseMessageStatus.Unread).Bind(upToMessage), ReadMessage);
            foreach (StoredCaseMessage message in unread)
            {
                UpdateMessage(session, message with { State = CaseMessageStatus.Read });
            }

            if (unread.Count > 0)
            {
                WriteCase(session, RequireCase(session, caseId));
            }
        },
        cancellation);

    public ValueTask<IReadOnlyList<StoredCaseChunk>> ReadOpenChunksAsync(bool own, long afterId, int most, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<StoredCaseChunk>>(
        session => ReadAll(session.Start(ChunkQuery + " WHERE own = ? AND done = 0 AND id > ? ORDER BY id LIMIT ?").Bind(own ? 1 : 0).Bind(afterId).Bind(most), ReadChunk), cancellation);

    public ValueTask KeepChunkAsync(StoredCaseChunk chunk, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        return database.WriteAsync(session => UpdateChunk(session, chunk with { Done = false }), cancellation);
    }

    public ValueTask FinishChunkAsync(StoredCaseChunk chunk, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        return database.WriteAsync(session => UpdateChunk(session, chunk with { Done = true }), cancellation);
    }

    public ValueTask<int> CountOpenChunksAsync(long caseId, CancellationToken cancellation) => database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT COUNT(*) FROM case_chunks WHERE own = 0 AND done = 0 AND message IN (SELECT id FROM case_messages WHERE case_id = ?)").Bind(caseId);
            query.Step();
            query.Row("");
            int count = (int)query.Int64();
            query.Reset();
            return count;
        },
        cancellation);

    public ValueTask<IReadOnlyDictionary<int, (int Chunks, int Done)>> CountChunksAsync(long message, CancellationToken cancellation) => database.ReadAsync<IReadOnlyDictionary<int, (int Chunks, int Done)>>(
        session =>
        {
            var counts = new Dictionary<int, (int Chunks, int Done)>();
            Statement query = session.Start("SELECT attachment, COUNT(*), SUM(CASE WHEN done = 1 AND chunk IS NOT NULL THEN 1 ELSE 0 END) FROM case_chunks WHERE message = ? GROUP BY attachment").Bind(message);
            while (query.Step())
            {
                query.Row("");
                counts[(int)query.Int64()] = ((int)query.Int64(), (int)query.Int64());
            }

            return counts;
        },
        cancellation);

    public ValueTask<StoredCaseChunk?> FindChunkAsync(long message, int attachment, int position, CancellationToken cancellation) => database.ReadAsync(
        session => ReadAll(session.Start(ChunkQuery + " WHERE message = ? AND attachment = ? AND position = ?").Bind(message).Bind(attachment).Bind(position), ReadChunk).FirstOrDefault(), cancellation);

    private static StoredCaseMessage AddMessage(Session session, StoredCaseMessage message, IReadOnlyCollection<StoredCaseChunk> chunks)
    {
        BindMessage(session.Start("INSERT INTO case_messages (case_id, own, counter, state, hash, sealed, outgoing, refusal, at, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", Messages), message).RunWithHash();
        StoredCaseMessage added = message with { Id = session.LastId };
        foreach (StoredCaseChunk chunk in chunks)
        {
            BindChunk(session.Start("INSERT INTO case_chunks (message, attachment, position, own, hash, chunk, done, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", Chunks), chunk with { Message = added.Id }).RunWithHash();
        }

        return added;
    }

    private static void UpdateMessage(Session session, StoredCaseMessage message) =>
        BindMessage(session.Start("UPDATE case_messages SET case_id = ?, own = ?, counter = ?, state = ?, hash = ?, sealed = ?, outgoing = ?, refusal = ?, at = ?, row_hash = ? WHERE id = ?", Messages), message).BindHash().Bind(message.Id).Run();

    private static void UpdateChunk(Session session, StoredCaseChunk chunk) =>
        BindChunk(session.Start("UPDATE case_chunks SET message = ?, attachment = ?, position = ?, own = ?, hash = ?, chunk = ?, done = ?, row_hash = ? WHERE id = ?", Chunks), chunk).BindHash().Bind(chunk.Id).Run();

    private static StoredCaseMessage? FindMessage(Session session, long id) => ReadAll(session.Start(MessageQuery + " WHERE id = ?").Bind(id), ReadMessage).FirstOrDefault();

    private static Statement BindMessage(Statement statement, StoredCaseMessage message) => statement
        .Bind(message.CaseId).Bind(message.Own ? 1 : 0).Bind(message.Counter).Bind((long)message.State).Bind(message.Hash.AsSpan()).Bind(message.Sealed.AsSpan()).Bind(message.Outgoing).Bind(message.Refusal).Bind(message.At.UtcTicks);

    private static Statement BindChunk(Statement statement, StoredCaseChunk chunk) =>
        statement.Bind(chunk.Message).Bind(chunk.Attachment).Bind(chunk.Position).Bind(chunk.Own ? 1 : 0).Bind(chunk.Hash.AsSpan()).Bind(chunk.Chunk).Bind(chunk.Done ? 1 : 0);

    private static StoredCaseMessage ReadMessage(Statement query)
    {
        query.Row(Messages);
        var message = new StoredCaseMessage
        {
            CaseId = query.Int64(),
            Own = query.Int64() == 1,
            Counter = (uint)query.Int64(),
            State = (CaseMessageStatus)query.Int64(),
            Hash = query.Bytes(),
            Sealed = query.Bytes(),
            Outgoing = query.BytesOrNull(),
            Refusal = query.BytesOrNull(),
            At = TimeOf(query),
        };
        query.CheckRow(message.CaseId);
        return message with { Id = query.Int64() };
    }

    private static StoredCaseChunk ReadChunk(Statement query)
    {
        query.Row(Chunks);
        var chunk = new StoredCaseChunk
        {
            Message = query.Int64(),
            Attachment = (int)query.Int64(),
            Position = (int)query.Int64(),
            Own = query.Int64() == 1,
            Hash = query.Bytes(),
            Chunk = query.BytesOrNull(),
            Done = query.Int64() == 1,
        };
        query.CheckRow(chunk.Message.ToString(CultureInfo.InvariantCulture));
        return chunk with { Id = query.Int64() };
    }

    private static Dictionary<CaseMessageStatus, long> CountsOf(Statement query)
    {
        var counts = new Dictionary<CaseMessageStatus, long>();
        while (query.Step())
        {
            query.Row("");
            counts[(CaseMessageStatus)query.Int64()] = query.Int64();
        }

        return counts;
    }
}
