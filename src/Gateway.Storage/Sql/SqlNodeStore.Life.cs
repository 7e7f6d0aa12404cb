using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string Endings = "life_endings", Replacements = "life_replacements", Rectifications = "life_rectifications", RetiredEpochs = "life_retired_epochs";

    /// <inheritdoc/>
    public ValueTask<int> DeleteEndedAsync(ulong below, int most, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            List<int> numbers = ReadAll(session.Start("SELECT number, ended_idx, row_hash FROM life_endings WHERE ended_idx < ? ORDER BY ended_idx LIMIT ?").Bind(Key(below)).Bind(most), ReadEnding);
            foreach (int number in numbers)
            {
                DeleteEnded(session, number);
            }

            return numbers.Count;
        },
        cancellation);

    private static void DeleteEnded(Session session, int number)
    {
        session.Start("DELETE FROM items WHERE number = ?").Bind(number).Run();
        session.Start("DELETE FROM tags WHERE number = ?").Bind(number).Run();
        session.Start("DELETE FROM life_endings WHERE number = ?").Bind(number).Run();

        // Of an ended record the row stays, so that nobody publishes it again; of a circle that was left nothing does.
        if (session.Start("DELETE FROM records WHERE number = ? AND state = 6").Bind(number).Run() > 0) session.Start("DELETE FROM life_misbind_reports WHERE number = ?").Bind(number).Run();
    }

    /// <inheritdoc/>
    public ValueTask<bool> TryEraseAsync(CancellationToken cancellation) => _database.TryEraseAsync(ErasedTables, cancellation);

    /// <summary>Tables of what must not be in the database's files once it is deleted.</summary>
    private protected virtual IReadOnlyList<string> ErasedTables { get; } = ["items", "tags"];

    /// <inheritdoc/>
    public ValueTask<long> CountEndingsAsync(CancellationToken cancellation) => _database.ReadAsync(session => ReadLast(session, "SELECT COUNT(*) FROM life_endings"), cancellation);

    /// <inheritdoc/>
    public ValueTask<(TreeHash Digest, ulong Count)> ReadLiveDigestAsync(CircleId circle, ulong size, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            // Those that ended at or after the size were live at it. Few: they wait for their deletion.
            Statement live = session.Start(
                """
                SELECT id FROM records INDEXED BY life_live_ids WHERE circle = ? AND state IN (1, 4, 5) AND idx < ?
                UNION ALL SELECT r.id FROM life_endings e JOIN records r ON r.number = e.number WHERE e.ended_idx >= ? AND r.circle = ? AND r.idx < ? ORDER BY id
                """).Bind(circle).Bind(Key(size)).Bind(Key(size)).Bind(circle).Bind(Key(size));
            var digest = new LiveDigest();
            while (live.Step())
            {
                digest.Add(live.Peek(0));
                if ((digest.Count & 0xFFF) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }
            }

            return (digest.Value, digest.Count);
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<RecordId?> FindReplacementAsync(RecordId record, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT record, replacement, row_hash FROM life_replacements WHERE record = ?").Bind(record);
            if (!query.Step())
            {
                return (RecordId?)null;
            }

            query.Row(Replacements);
            query.Skip();
            RecordId replacement = query.Record();
            query.CheckRow(record.Prefix);
            return replacement;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<OutboxRow> BeginRectificationAsync(RecordId old, string retiredReference, OutboxRow draft, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(retiredReference);
        ArgumentNullException.ThrowIfNull(draft);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Outbox);
                OutboxRow row = FindOutbox(session, old) ?? throw new InvalidOperationException($"The outbox has no row of record {old.Prefix}.");
                if (ReadAll(session.Start("SELECT record, outbox, created_at, row_hash FROM life_rectifications WHERE record = ?").Bind(old), ReadRectification).FirstOrDefault() is { } begun
                    && ReadOutboxRow(session, begun.OutboxId) is { } before && before.State != OutboxState.Refused)
                {
                    return before;
                }

                session.Start("DELETE FROM life_rectifications WHERE record = ?").Bind(old).Run();
                if (row.Reference == draft.Reference && row.Circle == draft.Circle)
                {
                    UpdateOutbox(session, row with { Reference = retiredReference });
                }

                OutboxRow added = AddDraft(session, draft);
                session.Start("INSERT INTO life_rectifications VALUES (?, ?, ?, ?)", Rectifications).Bind(old).Bind(added.Id).Bind(draft.CreatedAt.UtcTicks).RunWithHash();
                return added;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRectification>> ReadRectificationsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredRectification>>(
        session => ReadAll(session.Start("SELECT record, outbox, created_at, row_hash FROM life_rectifications ORDER BY created_at, record"), ReadRectification), cancellation);

    /// <inheritdoc/>
    public ValueTask EndRectificationAsync(RecordId old, OutboxWithdrawal? withdrawal, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Start("DELETE FROM life_rectifications WHERE record = ?").Bind(old).Run();
            if (withdrawal is not null)
            {
                InsertWithdrawal(session, withdrawal);
            }
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeRecord>> ReadUnreportedAsync(int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<NodeRecord>>(
        session => ReadAll(
            session.Start("SELECT * FROM records INDEXED BY life_expiring WHERE state IN (4, 5) AND fault IS NOT NULL AND number NOT IN (SELECT number FROM life_misbind_reports) ORDER BY number LIMIT ?").Bind(most),
            query => ReadBareRecord(query).Record),
        cancellation);

    /// <inheritdoc/>
    public ValueTask NoteReportedAsync(int number, CancellationToken cancellation) => _database.WriteAsync(
        session => { session.Start("INSERT OR IGNORE INTO life_misbind_reports VALUES (?, ?)", "life_misbind_reports").Bind(number).RunWithHash(); }, cancellation);

    /// <inheritdoc/>
    public ValueTask RetireEpochAsync(CircleId circle, uint epoch, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            session.Journal?.Append(session, new NodeChange { IsRetired = true });
            session.Start("INSERT OR IGNORE INTO life_retired_epochs VALUES (?, ?, ?)", RetiredEpochs).Bind(circle).Bind(epoch).RunWithHash();
            session.Start("DELETE FROM known_tags WHERE circle = ? AND epoch = ?").Bind(circle).Bind(epoch).Run();
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<(CircleId Circle, uint Epoch)>> ReadRetiredEpochsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlySet<(CircleId Circle, uint Epoch)>>(
        session => ReadAll(
            session.Start("SELECT circle, epoch, row_hash FROM life_retired_epochs"),
            query =>
            {
                query.Row(RetiredEpochs);
                (CircleId Circle, uint Epoch) retired = (query.Circle(), (uint)query.Int64());
                query.CheckRow(retired.Circle.Prefix);
                return retired;
            }).ToHashSet(),
        cancellation);

    private static int ReadEnding(Statement query)
    {
        query.Row(Endings);
        int number = (int)query.Int64();
        _ = query.Int64();
        query.CheckRow(number);
        return number;
    }

    private static StoredRectification ReadRectification(Statement query)
    {
        query.Row(Rectifications);
        StoredRectification rectification = new(query.Record(), query.Int64(), ReadTime(query));
        query.CheckRow(rectification.Record.Prefix);
        return rectification;
    }

    private static void AddEnding(Session session, int number, ulong endedAt) =>
        session.Start("INSERT OR REPLACE INTO life_endings VALUES (?, ?, ?)", Endings).Bind(number).Bind(endedAt).RunWithHash();

    private static void AddReplacements(Session session, IReadOnlyList<(RecordId Record, RecordId Replacement)> replacements)
    {
        foreach ((RecordId record, RecordId replacement) in replacements)
        {
            session.Start("INSERT OR IGNORE INTO life_replacements VALUES (?, ?, ?)", Replacements).Bind(record).Bind(replacement).RunWithHash();
        }
    }

    /// <summary>An own record has expired: what was kept to prove its publication goes with it.</summary>
    private static void ForgetReceipt(Session session, RecordId id)
    {
        if (FindOutbox(session, id) is { } row)
        {
            UpdateOutbox(session, row with { Draft = null, Submission = null, Receipt = null });
        }
    }
}
