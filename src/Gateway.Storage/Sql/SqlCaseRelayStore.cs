using Gateway.Protocol;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

/// <summary>Sealed messages on their way, at the broker.</summary>
internal sealed class SqlCaseRelayStore(SqlDatabase database) : ICaseRelayStore
{
    private const string Threads = "case_threads", Messages = "case_messages", Chunks = "case_chunks";
    private const string MessageQuery = "SELECT hash, sender, recipient, thread, record, size, sealed, expires_at, row_hash, id FROM case_messages";
    private const string ChunkQuery = "SELECT hash, sender, recipient, size, chunk, expires_at, row_hash, id FROM case_chunks";

    public ValueTask<CaseThread?> FindThreadAsync(ThreadId thread, CancellationToken cancellation) => database.ReadAsync(session => FindThread(session, thread), cancellation);

    public ValueTask<RelayedMessage?> FindSentAsync(MemberId sender, ReadOnlyMemory<byte> hash, CancellationToken cancellation) => database.ReadAsync(session => FindSent(session, sender, hash.Span), cancellation);

    public ValueTask<RelayedMessage?> AddMessageAsync(CaseThread thread, RelayedMessage message, DateTimeOffset usedAt, long mostBytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(thread);
        ArgumentNullException.ThrowIfNull(message);
        return database.WriteAsync(
            session =>
            {
                if (FindSent(session, message.Sender, message.Hash) is { } known)
                {
                    return known;
                }

                if (WaitingOf(session, message.Sender) + message.Sealed!.Length > mostBytes)
                {
                    return null;
                }

                WriteThread(session, FindThread(session, thread.Thread) ?? thread, usedAt);
                BindMessage(session.Start("INSERT INTO case_messages (hash, sender, recipient, thread, record, size, sealed, expires_at, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", Messages), message, message.Sealed.Length).RunWithHash();
                return message with { Number = session.LastId };
            },
            cancellation);
    }

    public ValueTask<IReadOnlyList<RelayedMessage>> ReadWaitingAsync(MemberId recipient, long afterNumber, int mostBytes, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<RelayedMessage>>(
        session =>
        {
            var waiting = new List<RelayedMessage>();
            long bytes = 0;
            Statement query = session.Start(MessageQuery + " WHERE recipient = ? AND id > ? AND sealed IS NOT NULL ORDER BY id").Bind(recipient).Bind(afterNumber);
            while (query.Step())
            {
                RelayedMessage message = ReadMessage(query);
                bytes += message.Sealed!.Length;
                if (waiting.Count > 0 && bytes > mostBytes)
                {
                    break;
                }

                waiting.Add(message);
            }

            query.Reset();
            return waiting;
        },
        cancellation);

    public ValueTask<byte[]?> FindChunkAsync(MemberId recipient, ReadOnlyMemory<byte> hash, CancellationToken cancellation) => database.ReadAsync(
        session =>
        {
            Statement query = session.Start(ChunkQuery + " WHERE recipient = ? AND hash = ? AND chunk IS NOT NULL LIMIT 1").Bind(recipient).Bind(hash.Span);
            return query.Step() ? ReadChunk(query).Chunk : null;
        },
        cancellation);

    public ValueTask<bool> AddChunkAsync(RelayedChunk chunk, long mostBytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        return database.WriteAsync(
            session =>
            {
                Statement known = session.Start("SELECT 1 FROM case_chunks WHERE recipient = ? AND hash = ? AND sender = ?").Bind(chunk.Recipient).Bind(chunk.Hash.AsSpan()).Bind(chunk.Sender);
                bool isKnown = known.Step();
                known.Reset();
                if (isKnown)
                {
                    return true;
                }

                if (WaitingOf(session, chunk.Sender) + chunk.Chunk.Length > mostBytes)
                {
                    return false;
                }

                session.Start("INSERT INTO case_chunks (hash, sender, recipient, size, chunk, expires_at, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?)", Chunks)
                    .Bind(chunk.Hash.AsSpan()).Bind(chunk.Sender).Bind(chunk.Recipient).Bind(chunk.Chunk.Length).Bind(chunk.Chunk.AsSpan()).Bind(chunk.ExpiresAt.UtcTicks).RunWithHash();
                return true;
            },
            cancellation);
    }

    public ValueTask AcknowledgeAsync(MemberId recipient, IReadOnlyCollection<ReadOnlyMemory<byte>> messages, IReadOnlyCollection<ReadOnlyMemory<byte>> chunks, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            foreach (ReadOnlyMemory<byte> hash in messages)
            {
                foreach (RelayedMessage message in ReadAll(session.Start(MessageQuery + " WHERE recipient = ? AND sealed IS NOT NULL AND hash = ?").Bind(recipient).Bind(hash.Span), ReadMessage))
                {
                    BindMessage(session.Start("UPDATE case_messages SET hash = ?, sender = ?, recipient = ?, thread = ?, record = ?, size = ?, sealed = ?, expires_at = ?, row_hash = ? WHERE id = ?", Messages), message with { Sealed = null }, message.Sealed!.Length)
                        .BindHash().Bind(message.Number).Run();
                }
            }

            foreach (ReadOnlyMemory<byte> hash in chunks)
            {
                foreach ((long id, RelayedChunk chunk) in ReadAll(session.Start(ChunkQuery + " WHERE recipient = ? AND hash = ? AND chunk IS NOT NULL").Bind(recipient).Bind(hash.Span), query =>
                {
                    RelayedChunk read = ReadChunk(query);
                    return (query.Int64(), read);
                }))
                {
                    session.Start("UPDATE case_chunks SET hash = ?, sender = ?, recipient = ?, size = ?, chunk = ?, expires_at = ?, row_hash = ? WHERE id = ?", Chunks)
                        .Bind(chunk.Hash.AsSpan()).Bind(chunk.Sender).Bind(chunk.Recipient).Bind(chunk.Chunk.Length).BindNull().Bind(chunk.ExpiresAt.UtcTicks).BindHash().Bind(id).Run();
                }
            }
        },
        cancellation);

    public ValueTask<int> ExpireAsync(DateTimeOffset now, DateTimeOffset unusedSince, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            int undelivered = session.Start("DELETE FROM case_messages WHERE expires_at <= ? AND sealed IS NOT NULL").Bind(now.UtcTicks).Run();
            session.Start("DELETE FROM case_messages WHERE expires_at <= ? AND sealed IS NULL").Bind(unusedSince.UtcTicks).Run();
            session.Start("DELETE FROM case_chunks WHERE expires_at <= ?").Bind(now.UtcTicks).Run();
            session.Start("DELETE FROM case_threads WHERE used_at < ?").Bind(unusedSince.UtcTicks).Run();
            return undelivered;
        },
        cancellation);

    private static long WaitingOf(Session session, MemberId sender) =>
        SumOf(session.Start("SELECT COALESCE(SUM(size), 0) FROM case_messages WHERE sender = ? AND sealed IS NOT NULL").Bind(sender)) + SumOf(session.Start("SELECT COALESCE(SUM(size), 0) FROM case_chunks WHERE sender = ? AND chunk IS NOT NULL").Bind(sender));

    private static long SumOf(Statement query)
    {
        query.Step();
        query.Row("");
        long sum = query.Int64();
        query.Reset();
        return sum;
    }

    private static void WriteThread(Session session, CaseThread thread, DateTimeOffset usedAt)
    {
        Statement write = session.Start("REPLACE INTO case_threads VALUES (?, ?, ?, ?, ?, ?)", Threads).Bind(thread.Thread.ToArray()).Bind(thread.Opener).Bind(thread.Other);
        (thread.Record is { } record ? write.Bind(record) : write.BindNull()).Bind(usedAt.UtcTicks).RunWithHash();
    }

    private static CaseThread? FindThread(Session session, ThreadId thread) => ReadAll(
        session.Start("SELECT * FROM case_threads WHERE thread = ?").Bind(thread.ToArray()),
        query =>
        {
            query.Row(Threads);
            _ = ThreadId.TryFromBytes(query.Span(), out ThreadId id);
            var read = new CaseThread(id, query.Member(), query.Member(), query.RecordOrNull());
            query.Int64();
            query.CheckRow(thread.ToString());
            return read;
        }).FirstOrDefault();

    private static RelayedMessage? FindSent(Session session, MemberId sender, ReadOnlySpan<byte> hash) => ReadAll(session.Start(MessageQuery + " WHERE sender = ? AND hash = ?").Bind(sender).Bind(hash), ReadMessage).FirstOrDefault();

    private static Statement BindMessage(Statement statement, RelayedMessage message, int size)
    {
        statement.Bind(message.Hash.AsSpan()).Bind(message.Sender).Bind(message.Recipient).Bind(message.Thread.ToArray());
        return (message.Record is { } record ? statement.Bind(record) : statement.BindNull()).Bind(size).Bind(message.Sealed).Bind(message.ExpiresAt.UtcTicks);
    }

    private static RelayedMessage ReadMessage(Statement query)
    {
        query.Row(Messages);
        byte[] hash = query.Bytes();
        MemberId sender = query.Member(), recipient = query.Member();
        _ = ThreadId.TryFromBytes(query.Span(), out ThreadId thread);
        RecordId? record = query.RecordOrNull();
        query.Int64();
        var message = new RelayedMessage { Hash = hash, Sender = sender, Recipient = recipient, Thread = thread, Record = record, Sealed = query.BytesOrNull(), ExpiresAt = TimeOf(query) };
        query.CheckRow(Convert.ToHexStringLower(hash)[..8]);
        return message with { Number = query.Int64() };
    }

    private static RelayedChunk ReadChunk(Statement query)
    {
        query.Row(Chunks);
        byte[] hash = query.Bytes();
        MemberId sender = query.Member(), recipient = query.Member();
        query.Int64();
        var chunk = new RelayedChunk(hash, sender, recipient, query.BytesOrNull() ?? [], TimeOf(query));
        query.CheckRow(Convert.ToHexStringLower(hash)[..8]);
        return chunk;
    }

    private static DateTimeOffset TimeOf(Statement query) => new(Math.Clamp(query.Int64(), 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);

    private static List<T> ReadAll<T>(Statement query, Func<Statement, T> read)
    {
        var rows = new List<T>();
        while (query.Step())
        {
            rows.Add(read(query));
        }

        return rows;
    }
}
