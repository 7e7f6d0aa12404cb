using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Storage.Sql;

public abstract partial class SqlNodeStore
{
    private const string Meetings = "meetings", Alerts = "alerts", Dismissals = "dismissals";

    private const string AlertQuery = "SELECT subject_kind, subject, record, weight, raised_at, about, opened, ended, acknowledged, change, row_hash, id FROM alerts";

    private const string DismissalQuery = "SELECT record, identifiers, day, sealed, row_hash, id FROM dismissals";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OpenMeeting>> ReadMeetingsAsync(long afterId, int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<OpenMeeting>>(
        session => ReadAll(
            session.Start("SELECT hash, record, row_hash, id FROM meetings WHERE id > ? ORDER BY id LIMIT ?").Bind(afterId).Bind(most),
            query =>
            {
                query.Row(Meetings);
                UInt128 hash = query.UInt128();
                int record = (int)query.Int64();
                return new OpenMeeting(CheckNumbered(query), hash, record);
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask AddMeetingsAsync(IReadOnlyCollection<StoredHit> meetings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(meetings);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Meetings);
                foreach (StoredHit hit in meetings.Where(hit => FindBareRecord(session, hit.Record)?.Record.State == NodeRecordState.Live))
                {
                    AddMeeting(session, hit);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask SaveAlertsAsync(IReadOnlyCollection<StoredAlert> alerts, IReadOnlyCollection<long> meetings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        ArgumentNullException.ThrowIfNull(meetings);
        return _database.WriteAsync(
            session =>
            {
                foreach (StoredAlert alert in alerts)
                {
                    SaveAlert(session, alert);
                }

                Statement delete = session.Prepare("DELETE FROM meetings WHERE id = ?");
                foreach (long meeting in meetings)
                {
                    delete.Start().Bind(meeting).Run();
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredAlert> ReadAlertsAsync(long afterChange, CancellationToken cancellation) => _database.ReadPagesAsync<StoredAlert, long>(
        afterChange,
        (session, last, page) =>
        {
            page.AddRange(ReadAll(session.Start(AlertQuery + " WHERE change > ? ORDER BY change LIMIT ?").Bind(last).Bind(PageRows), ReadAlert));
            return page.Count == 0 ? last : page[^1].Change;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredAlert?> FindAlertAsync(long id, CancellationToken cancellation) =>
        _database.ReadAsync(session => ReadAll(session.Start(AlertQuery + " WHERE id = ?").Bind(id), ReadAlert).FirstOrDefault(), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> AcknowledgeAlertAsync(long id, byte[]? acknowledged, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            StoredAlert? alert = ReadAll(session.Start(AlertQuery + " WHERE id = ?").Bind(id), ReadAlert).FirstOrDefault();
            if (alert is not null)
            {
                UpdateAlert(session, alert with { Acknowledged = acknowledged });
            }

            return alert is not null;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask ForgetAlertsAsync(DateTimeOffset before, CancellationToken cancellation) =>
        _database.WriteAsync(session => { session.Start("DELETE FROM alerts WHERE raised_at < ?").Bind(before.UtcTicks).Run(); }, cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredDismissal> AddDismissalAsync(StoredDismissal dismissal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(dismissal);
        return _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Dismissals);
                session.Start("DELETE FROM dismissals WHERE record = ? AND identifiers = ?").Bind(dismissal.Record.AsSpan()).Bind(dismissal.Identifiers.AsSpan()).Run();
                session.Start("INSERT INTO dismissals (record, identifiers, day, sealed, row_hash) VALUES (?, ?, ?, ?, ?)", Dismissals)
                    .Bind(dismissal.Record.AsSpan()).Bind(dismissal.Identifiers.AsSpan()).Bind(dismissal.Day.Number).Bind(dismissal.Sealed.AsSpan()).RunWithHash();
                return dismissal with { Id = session.LastId };
            },
            cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredDismissal> ListDismissalsAsync(CancellationToken cancellation) => _database.ReadPagesAsync<StoredDismissal, long>(
        0,
        (session, last, page) =>
        {
            page.AddRange(ReadAll(
                session.Start(DismissalQuery + " WHERE id > ? ORDER BY id LIMIT ?").Bind(last).Bind(PageRows),
                query =>
                {
                    query.Row(Dismissals);
                    byte[] record = query.Bytes();
                    byte[] identifiers = query.Bytes();
                    var day = new UtcDay((uint)query.Int64());
                    byte[] sealedReason = query.Bytes();
                    return new StoredDismissal(CheckNumbered(query), record, identifiers, day, sealedReason);
                }));
            return page.Count == 0 ? last : page[^1].Id;
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveDismissalAsync(long id, CancellationToken cancellation) =>
        _database.WriteAsync(
            session =>
            {
                session.Journal?.Tell(session, StoreTopic.Dismissals);
                return session.Start("DELETE FROM dismissals WHERE id = ?").Bind(id).Run() > 0;
            },
            cancellation);

    private static bool IsWatched(Session session, UInt128 hash)
    {
        Statement watched = session.Start("SELECT 1 FROM seller_identifiers WHERE hash = ? UNION ALL SELECT 1 FROM past_keys WHERE key = ? LIMIT 1").Bind(hash).Bind((long)(ulong)(hash >> 64));
        bool found = watched.Step();
        watched.Reset();
        return found;
    }

    private static void AddMeeting(Session session, StoredHit hit) =>
        session.Start("INSERT INTO meetings (hash, record, row_hash) VALUES (?, ?, ?)", Meetings).Bind(hit.Hash).Bind(hit.Record).RunWithHash();

    /// <summary>The record has ended or is no longer believed: its alerts stay and say so, what it had opened goes.</summary>
    private static void RetractAlerts(Session session, int record, NodeRecordState state)
    {
        session.Start("DELETE FROM meetings WHERE record = ?").Bind(record).Run();
        foreach (StoredAlert alert in ReadAll(session.Start(AlertQuery + " WHERE record = ? AND ended IS NULL").Bind(record), ReadAlert))
        {
            UpdateAlert(session, alert with { Opened = null, Ended = state });
        }
    }

    private static void SaveAlert(Session session, StoredAlert alert)
    {
        if (FindBareRecord(session, alert.Record)?.Record.State != NodeRecordState.Live)
        {
            return;
        }

        StoredAlert? held = ReadAll(
            session.Start(AlertQuery + " WHERE subject_kind = ? AND subject = ? AND record = ?").Bind((long)alert.Kind).Bind(alert.Subject.AsSpan()).Bind(alert.Record), ReadAlert).FirstOrDefault();
        if (held is null)
        {
            long change = NextChange(session);
            BindAlert(
                session.Start("INSERT INTO alerts (subject_kind, subject, record, weight, raised_at, about, opened, ended, acknowledged, change, row_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", Alerts),
                alert,
                change).RunWithHash();
        }
        else if (held.Ended is not null || alert.Weight > held.Weight)
        {
            UpdateAlert(session, alert with { Id = held.Id, RaisedAt = held.RaisedAt, Acknowledged = held.Acknowledged });
        }
    }

    private static void UpdateAlert(Session session, StoredAlert alert)
    {
        long change = NextChange(session);
        BindAlert(
            session.Start("UPDATE alerts SET subject_kind = ?, subject = ?, record = ?, weight = ?, raised_at = ?, about = ?, opened = ?, ended = ?, acknowledged = ?, change = ?, row_hash = ? WHERE id = ?", Alerts),
            alert,
            change).BindHash().Bind(alert.Id).Run();
    }

    private static Statement BindAlert(Statement statement, StoredAlert alert, long change)
    {
        statement.Bind((long)alert.Kind).Bind(alert.Subject.AsSpan()).Bind(alert.Record).Bind(alert.Weight).Bind(alert.RaisedAt.UtcTicks).Bind(alert.About.AsSpan()).Bind(alert.Opened);
        return (alert.Ended is { } state ? statement.Bind((long)state) : statement.BindNull()).Bind(alert.Acknowledged).Bind(change);
    }

    private static long NextChange(Session session) => ReadLast(session, "SELECT COALESCE(MAX(change), 0) + 1 FROM alerts");

    private static StoredAlert ReadAlert(Statement query)
    {
        query.Row(Alerts);
        var alert = new StoredAlert
        {
            Kind = (AlertSubject)query.Int64(),
            Subject = query.Bytes(),
            Record = (int)query.Int64(),
            Weight = query.Int64(),
            RaisedAt = ReadTime(query),
            About = query.Bytes(),
            Opened = query.BytesOrNull(),
            Ended = query.UInt64OrNull() is { } state ? (NodeRecordState)state : null,
            Acknowledged = query.BytesOrNull(),
            Change = query.Int64(),
        };
        return alert with { Id = CheckNumbered(query) };
    }
}
