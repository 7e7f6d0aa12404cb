using System.Globalization;
using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string Outbox = "outbox", Withdrawals = "outbox_withdrawals", Alarms = "alarms";

    private const string OutboxQuery = "SELECT circle, reference, content_hash, state, draft, record_salt, record_id, submission, receipt, refusal, created_at, row_hash, id FROM outbox";

    private const string WithdrawalQuery = "SELECT record_id, request, receipt, refusal, created_at, row_hash, id FROM outbox_withdrawals";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OutboxRow>> AddDraftsAsync(IReadOnlyCollection<OutboxRow> drafts, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(drafts);
        return _database.WriteAsync<IReadOnlyList<OutboxRow>>(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Outbox);
                return drafts.Select(draft => AddDraft(session, draft)).ToList();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask UpdateOutboxAsync(IReadOnlyCollection<OutboxRow> rows, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return _database.WriteAsync(
            session =>
            {
                foreach (OutboxRow row in rows)
                {
                    UpdateOutbox(session, row);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OutboxRow>> AdvanceOutboxAsync(IReadOnlyCollection<OutboxRow> rows, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return _database.WriteAsync<IReadOnlyList<OutboxRow>>(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Outbox);
                return rows.Select(row => AdvanceOutbox(session, row)).ToList();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<OutboxRow?> ReadOutboxRowAsync(long id, CancellationToken cancellation) => _database.ReadAsync(session => ReadOutboxRow(session, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OutboxRow>> ReadOutboxAsync(OutboxState state, long afterId, int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<OutboxRow>>(
        session => ReadAll(session.Start(OutboxQuery + " WHERE state = ? AND id > ? ORDER BY id LIMIT ?").Bind((long)state).Bind(afterId).Bind(most), ReadOutboxRow), cancellation);

    /// <inheritdoc/>
    public ValueTask<OutboxRow?> FindOutboxAsync(RecordId id, CancellationToken cancellation) => _database.ReadAsync(session => FindOutbox(session, id), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<OutboxRow> ListOutboxAsync(CancellationToken cancellation) => _database.ReadPagesAsync<OutboxRow, long>(
        long.MaxValue,
        (session, last, page) =>
        {
            Statement query = session.Start(OutboxQuery + " WHERE id < ? ORDER BY id DESC LIMIT ?").Bind(last).Bind(PageRows);
            while (query.Step())
            {
                OutboxRow row = ReadOutboxRow(query);
                last = row.Id;
                page.Add(row with { Draft = null, Submission = null });
            }

            return last;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<OutboxState, long>> CountOutboxAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyDictionary<OutboxState, long>>(
        session =>
        {
            var counts = new Dictionary<OutboxState, long>();
            Statement query = session.Start("SELECT state, COUNT(*) FROM outbox GROUP BY state");
            while (query.Step())
            {
                query.Row(Outbox);
                counts.Add((OutboxState)query.Int64(), query.Int64());
            }

            return counts;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask AddWithdrawalAsync(OutboxWithdrawal withdrawal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(withdrawal);
        return _database.WriteAsync(
            session => InsertWithdrawal(session, withdrawal),
            cancellation);
    }

    private static void InsertWithdrawal(Session session, OutboxWithdrawal withdrawal)
    {
        session.Journal?.Tell(session, StoreTopic.Outbox);
        session.Start("INSERT OR IGNORE INTO outbox_withdrawals (record_id, request, receipt, refusal, created_at, row_hash) VALUES (?, ?, ?, ?, ?, ?)", Withdrawals)
            .Bind(withdrawal.Record).Bind(withdrawal.Request.AsSpan()).Bind(withdrawal.Receipt).Bind(withdrawal.Refusal).Bind(withdrawal.CreatedAt.UtcTicks).RunWithHash();
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OutboxWithdrawal>> ReadOpenWithdrawalsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<OutboxWithdrawal>>(
        session => ReadAll(
            session.Start(WithdrawalQuery + " WHERE receipt IS NULL AND refusal IS NULL ORDER BY id"),
            ReadWithdrawal),
        cancellation);

    /// <inheritdoc/>
    public ValueTask<OutboxWithdrawal?> FindWithdrawalAsync(RecordId record, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadAll(session.Start(WithdrawalQuery + " WHERE record_id = ?").Bind(record), ReadWithdrawal).SingleOrDefault(),
        cancellation);

    /// <inheritdoc/>
    public ValueTask UpdateWithdrawalAsync(OutboxWithdrawal withdrawal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(withdrawal);
        return _database.WriteAsync(
            session =>
            {
                int written = session.Start(
                        "UPDATE outbox_withdrawals SET record_id = ?, request = ?, receipt = ?, refusal = ?, created_at = ?, row_hash = ? WHERE record_id = ?", Withdrawals)
                    .Bind(withdrawal.Record).Bind(withdrawal.Request.AsSpan()).Bind(withdrawal.Receipt).Bind(withdrawal.Refusal).Bind(withdrawal.CreatedAt.UtcTicks).BindHash().Bind(withdrawal.Record).Run();
                if (written == 0)
                {
                    throw new InvalidOperationException($"The outbox has no withdrawal of record {withdrawal.Record.Prefix}.");
                }
            },
            cancellation);
    }

    private static OutboxWithdrawal ReadWithdrawal(Statement query)
    {
        query.Row(Withdrawals);
        RecordId record = query.Record();
        byte[] request = query.Bytes();
        byte[]? receipt = query.BytesOrNull();
        byte[]? refusal = query.BytesOrNull();
        long createdAt = query.Int64();
        CheckNumbered(query);
        return new OutboxWithdrawal(record, request, receipt, refusal, new DateTimeOffset(createdAt, TimeSpan.Zero));
    }

    /// <inheritdoc/>
    public ValueTask AddAlarmAsync(StoredAlarm alarm, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(alarm);
        return _database.WriteAsync(session => AddAlarm(session, alarm), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredAlarm>> ReadAlarmsAsync(int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredAlarm>>(
        session => ReadAll(
            session.Start("SELECT raised_at, error, evidence, row_hash, id FROM alarms ORDER BY id DESC LIMIT ?").Bind(most),
            query =>
            {
                query.Row(Alarms);
                long raisedAt = query.Int64();
                byte[] error = query.Bytes();
                byte[] evidence = query.Bytes();
                CheckNumbered(query);
                return new StoredAlarm(new DateTimeOffset(raisedAt, TimeSpan.Zero), error, evidence);
            }),
        cancellation);

    private static void AddAlarm(Session session, StoredAlarm alarm) =>
        session.Start("INSERT INTO alarms (raised_at, error, evidence, row_hash) VALUES (?, ?, ?, ?)", Alarms)
            .Bind(alarm.RaisedAt.UtcTicks).Bind(alarm.Error.AsSpan()).Bind(alarm.Evidence.AsSpan()).RunWithHash();

    private static OutboxRow AddDraft(Session session, OutboxRow draft)
    {
        Statement query = session.Start(OutboxQuery + " WHERE circle = ? AND reference = ?").Bind(draft.Circle).Bind(draft.Reference);
        if (!query.Step())
        {
            BindOutbox(session.Start(
                "INSERT INTO outbox (circle, reference, content_hash, state, draft, record_salt, record_id, submission, receipt, refusal, created_at, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                Outbox), draft).RunWithHash();
            return draft with { Id = session.LastId };
        }

        OutboxRow existing = ReadOutboxRow(query);
        query.Reset();
        bool isSame = existing.ContentHash.AsSpan().SequenceEqual(draft.ContentHash);

        // What was withdrawn stays so until the case itself changes: a file that is published every night must not undo it.
        bool replaces = existing.State == OutboxState.Refused || (!isSame && existing.State is (OutboxState.Withdrawn or OutboxState.Draft));
        if (!replaces)
        {
            return existing;
        }

        OutboxRow replacement = draft with { Id = existing.Id };
        UpdateOutbox(session, replacement);
        return replacement;
    }

    private static OutboxRow AdvanceOutbox(Session session, OutboxRow row)
    {
        OutboxRow existing = ReadOutboxRow(session, row.Id) ?? throw new InvalidOperationException($"The outbox has no row {row.Id.ToString(CultureInfo.InvariantCulture)}.");
        if (existing.CreatedAt != row.CreatedAt || !existing.ContentHash.AsSpan().SequenceEqual(row.ContentHash))
        {
            return existing;
        }

        // The feed is as quick as the broker's answer: what stands in the log does not become open again.
        bool ended = existing.State is OutboxState.Logged or OutboxState.Closed or OutboxState.Withdrawn;
        OutboxRow advanced = ended ? existing with { Receipt = existing.Receipt ?? row.Receipt } : row;
        UpdateOutbox(session, advanced);
        return advanced;
    }

    private static OutboxRow? ReadOutboxRow(Session session, long id)
    {
        Statement query = session.Start(OutboxQuery + " WHERE id = ?").Bind(id);
        OutboxRow? found = query.Step() ? ReadOutboxRow(query) : null;
        query.Reset();
        return found;
    }

    private static void UpdateOutbox(Session session, OutboxRow row)
    {
        // The id stands in no column of the hash (SQLite gives it while the row is written), so it is bound after it.
        Statement update = BindOutbox(session.Start(
            "UPDATE outbox SET circle = ?, reference = ?, content_hash = ?, state = ?, draft = ?, record_salt = ?, record_id = ?, submission = ?, receipt = ?, refusal = ?, created_at = ?, row_hash = ? WHERE id = ?",
            Outbox), row).BindHash().Bind(row.Id);
        if (update.Run() == 0)
        {
            throw new InvalidOperationException($"The outbox has no row {row.Id.ToString(CultureInfo.InvariantCulture)}.");
        }
    }

    private static Statement BindOutbox(Statement statement, OutboxRow row)
    {
        statement.Bind(row.Circle).Bind(row.Reference).Bind(row.ContentHash.AsSpan()).Bind((long)row.State).Bind(row.Draft).Bind(row.RecordSalt);
        return (row.RecordId is { } id ? statement.Bind(id) : statement.BindNull()).Bind(row.Submission).Bind(row.Receipt).Bind(row.Refusal).Bind(row.CreatedAt.UtcTicks);
    }

    private static OutboxRow? FindOutbox(Session session, RecordId id)
    {
        Statement query = session.Start(OutboxQuery + " WHERE record_id = ? ORDER BY id LIMIT 1").Bind(id);
        OutboxRow? found = query.Step() ? ReadOutboxRow(query) : null;
        query.Reset();
        return found;
    }

    /// <summary>
    /// Takes the rows of records to where the log has them: what was to be sent is deleted once that is final, what proves it stays. Records of others have no row, and nothing goes back.
    /// </summary>
    private static void CloseOutbox(Session session, IReadOnlyList<RecordId> records, OutboxState state)
    {
        foreach (RecordId id in records)
        {
            if (FindOutbox(session, id) is { } row && row.State != OutboxState.Withdrawn && !(state == OutboxState.Logged && row.State == OutboxState.Closed))
            {
                UpdateOutbox(session, row with { State = state, Draft = null, Submission = state == OutboxState.Logged ? row.Submission : null });
            }
        }
    }

    private static OutboxRow ReadOutboxRow(Statement query)
    {
        query.Row(Outbox);
        var row = new OutboxRow
        {
            Circle = query.Circle(),
            Reference = query.Text(),
            ContentHash = query.Bytes(),
            State = (OutboxState)query.Int64(),
            Draft = query.BytesOrNull(),
            RecordSalt = query.BytesOrNull(),
            RecordId = query.RecordOrNull(),
            Submission = query.BytesOrNull(),
            Receipt = query.BytesOrNull(),
            Refusal = query.BytesOrNull(),
            CreatedAt = ReadTime(query),
        };
        return row with { Id = CheckNumbered(query) };
    }

    /// <summary>A moment; a damaged column gives another one, which the row's hash then tells.</summary>
    private static DateTimeOffset ReadTime(Statement query) => new(Math.Clamp(query.Int64(), 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);
}
