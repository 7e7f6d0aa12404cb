using Gateway.Protocol;
using Gateway.Storage.Audit;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

/// <summary>The cases of a member, at the node.</summary>
internal sealed partial class SqlCaseStore(SqlDatabase database) : ICaseStore
{
    private const string Cases = "cases", Messages = "case_messages", Chunks = "case_chunks", Seen = "case_seen";
    private const int PageRows = 128;

    public ValueTask<(StoredCase Case, StoredCaseMessage Message)> AddOwnAsync(StoredCase opened, StoredCaseMessage message, IReadOnlyCollection<StoredCaseChunk> chunks, IReadOnlyList<AuditEvent> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(opened);
        ArgumentNullException.ThrowIfNull(message);
        return database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Cases);
                StoredCase held = opened.Id == 0 ? opened with { LastCounter = 0 } : RequireCase(session, opened.Id);
                if (message.Counter != held.LastCounter + 1)
                {
                    if (session.Journal is not null && opened.Id != 0 && message.Counter == held.LastCounter) throw new StoreMovedException(); // Another process took this one.
                    throw new InvalidOperationException($"Message {message.Counter} does not follow message {held.LastCounter} of its case.");
                }

                StoredCase written = WriteCase(session, held with { Closing = held.Closing == 0 ? opened.Closing : held.Closing, LastCounter = message.Counter, ChangedAt = message.At });
                StoredCaseMessage added = AddMessage(session, message with { CaseId = written.Id }, chunks);
                SqlAuditStore.Append(session, events);
                return (written, added);
            },
            cancellation);
    }

    public ValueTask<bool> AddReceivedAsync(StoredCase opened, StoredCaseMessage message, IReadOnlyCollection<StoredCaseChunk> chunks, IReadOnlyList<AuditEvent> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(opened);
        ArgumentNullException.ThrowIfNull(message);
        return database.WriteAsync(
            session =>
            {
                if (HasSeen(session, message.Hash))
                {
                    return false;
                }

                session.Start("INSERT INTO case_seen VALUES (?, ?)", Seen).Bind(message.Hash.AsSpan()).RunWithHash();

                // What this member wrote meanwhile counts; only the closing comes with the message.
                StoredCase held = opened.Id == 0 ? opened : RequireCase(session, opened.Id);
                StoredCase written = WriteCase(session, held with { Closing = held.Closing == 0 ? opened.Closing : held.Closing, ChangedAt = message.At });
                AddMessage(session, message with { CaseId = written.Id }, chunks);
                SqlAuditStore.Append(session, events);
                return true;
            },
            cancellation);
    }

    public ValueTask<bool> HasSeenAsync(ReadOnlyMemory<byte> hash, CancellationToken cancellation) => database.ReadAsync(session => HasSeen(session, hash.Span), cancellation);

    public ValueTask<StoredCase?> FindCaseAsync(long id, CancellationToken cancellation) => database.ReadAsync(session => FindCase(session, id), cancellation);

    public ValueTask<StoredCase?> FindCaseAsync(ThreadId thread, CancellationToken cancellation) =>
        database.ReadAsync(session => ReadAll(session.Start(CaseQuery + " WHERE thread = ?").Bind(thread.ToArray()), ReadCase).FirstOrDefault(), cancellation);

    public IAsyncEnumerable<StoredCase> ReadCasesAsync(long afterChange, CancellationToken cancellation) => database.ReadPagesAsync<StoredCase, long>(
        afterChange,
        (session, last, page) =>
        {
            page.AddRange(ReadAll(session.Start(CaseQuery + " WHERE change > ? ORDER BY change LIMIT ?").Bind(last).Bind(PageRows), ReadCase));
            return page.Count == 0 ? last : page[^1].Change;
        },
        cancellation);

    public ValueTask CloseAsync(long caseId, int closing, DateTimeOffset at, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            session.Journal?.Tell(session, StoreTopic.Cases);
            if (FindCase(session, caseId) is { Closing: 0 } open)
            {
                WriteCase(session, open with { Closing = closing, ChangedAt = at });
            }
        },
        cancellation);

    public ValueTask DeleteCaseAsync(long caseId, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            session.Start("DELETE FROM case_chunks WHERE message IN (SELECT id FROM case_messages WHERE case_id = ?)").Bind(caseId).Run();
            session.Start("DELETE FROM case_messages WHERE case_id = ?").Bind(caseId).Run();
            session.Start("DELETE FROM cases WHERE id = ?").Bind(caseId).Run();
        },
        cancellation);

    private const string CaseQuery = "SELECT thread, role, record, closing, sealed, last_counter, opened_at, changed_at, change, row_hash, id FROM cases";

    private static StoredCase WriteCase(Session session, StoredCase one)
    {
        Statement query = session.Start("SELECT COALESCE(MAX(change), 0) FROM cases");
        query.Step();
        query.Row("");
        StoredCase written = one with { Change = query.Int64() + 1 };
        query.Reset();
        if (one.Id == 0)
        {
            BindCase(session.Start("INSERT INTO cases (thread, role, record, closing, sealed, last_counter, opened_at, changed_at, change, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", Cases), written).RunWithHash();
            return written with { Id = session.LastId };
        }

        BindCase(session.Start("UPDATE cases SET thread = ?, role = ?, record = ?, closing = ?, sealed = ?, last_counter = ?, opened_at = ?, changed_at = ?, change = ?, row_hash = ? WHERE id = ?", Cases), written).BindHash().Bind(one.Id).Run();
        return written;
    }

    private static Statement BindCase(Statement statement, StoredCase one) => statement
        .Bind(one.Thread.ToArray()).Bind(one.Role).Bind(one.Record).Bind(one.Closing).Bind(one.Sealed.AsSpan()).Bind(one.LastCounter).Bind(one.OpenedAt.UtcTicks).Bind(one.ChangedAt.UtcTicks).Bind(one.Change);

    private static StoredCase? FindCase(Session session, long id) => ReadAll(session.Start(CaseQuery + " WHERE id = ?").Bind(id), ReadCase).FirstOrDefault();

    private static StoredCase RequireCase(Session session, long id) => FindCase(session, id) ?? throw new InvalidOperationException($"There is no case {id}.");

    private static StoredCase ReadCase(Statement query)
    {
        query.Row(Cases);
        _ = ThreadId.TryFromBytes(query.Span(), out ThreadId thread);
        int role = (int)query.Int64();
        RecordId record = query.Record();
        var one = new StoredCase
        {
            Thread = thread,
            Role = role,
            Record = record,
            Closing = (int)query.Int64(),
            Sealed = query.Bytes(),
            LastCounter = (uint)query.Int64(),
            OpenedAt = TimeOf(query),
            ChangedAt = TimeOf(query),
            Change = query.Int64(),
        };
        query.CheckRow(thread.Prefix);
        return one with { Id = query.Int64() };
    }

    private static bool HasSeen(Session session, ReadOnlySpan<byte> hash)
    {
        Statement query = session.Start("SELECT hash, row_hash FROM case_seen WHERE hash = ?").Bind(hash);
        bool seen = query.Step();
        if (seen)
        {
            query.Row(Seen);
            query.Span();
            query.CheckRow(Convert.ToHexStringLower(hash)[..8]);
        }

        query.Reset();
        return seen;
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
