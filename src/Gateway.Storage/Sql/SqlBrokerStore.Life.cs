using Gateway.Protocol;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore
{
    private const string Acknowledgements = "life_acknowledgements", Milestones = "life_milestones", Findings = "life_findings", Misbinds = "life_misbinds";

    /// <inheritdoc/>
    public ValueTask SaveAcknowledgementAsync(StoredAcknowledgement acknowledgement, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(acknowledgement);
        return _database.WriteAsync(
            session =>
            {
                if (ReadAll(session.Start("SELECT member, size, request, at, row_hash FROM life_acknowledgements WHERE member = ?").Bind(acknowledgement.Member), ReadAcknowledgement) is [StoredAcknowledgement before] && before.Size > acknowledgement.Size)
                {
                    return;
                }

                session.Start("REPLACE INTO life_acknowledgements VALUES (?, ?, ?, ?, ?)", Acknowledgements)
                    .Bind(acknowledgement.Member).Bind(acknowledgement.Size).Bind(acknowledgement.Request.AsSpan()).Bind(acknowledgement.At.UtcTicks).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredAcknowledgement>> ListAcknowledgementsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredAcknowledgement>>(
        session => ReadAll(session.Start("SELECT member, size, request, at, row_hash FROM life_acknowledgements ORDER BY member"), ReadAcknowledgement), cancellation);

    /// <inheritdoc/>
    public ValueTask AddMilestoneAsync(LogMilestone milestone, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(milestone);
        return _database.WriteAsync(
            session =>
            {
                session.Start("INSERT OR IGNORE INTO life_milestones VALUES (?, ?, ?, ?)", Milestones).Bind(milestone.Size).Bind(milestone.Day.Number).Bind(milestone.At.UtcTicks).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LogMilestone>> ReadMilestonesAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<LogMilestone>>(
        session => ReadAll(
            session.Start("SELECT size, day, at, row_hash FROM life_milestones ORDER BY size"),
            query =>
            {
                query.Row(Milestones);
                LogMilestone milestone = new(query.UInt64(), new UtcDay((uint)query.Int64()), ReadMoment(query));
                query.CheckRow((long)milestone.Size);
                return milestone;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask ForgetMilestonesAsync(DateTimeOffset before, CancellationToken cancellation) => _database.WriteAsync(
        session => { session.Start("DELETE FROM life_milestones WHERE at < ? AND size < (SELECT MAX(size) FROM life_milestones)").Bind(before.UtcTicks).Run(); }, cancellation);

    /// <inheritdoc/>
    public ValueTask<ulong?> ReadLastWithdrawalAsync(CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            // By leaf kind it would be a scan of the log; the index is by circle, and there are few circles.
            Statement query = session.Start("SELECT MAX(last) FROM (SELECT MAX(withdrawn_at) AS last FROM records WHERE withdrawn_at IS NOT NULL GROUP BY circle) ended");
            query.Step();
            query.Row("");
            return query.UInt64OrNull();
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<(long Count, ulong? First)> CountWithdrawalsAsync(CircleId circle, ulong from, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT COUNT(*), MIN(withdrawn_at) FROM records WHERE circle = ? AND withdrawn_at >= ?").Bind(circle).Bind((long)Math.Min(from, long.MaxValue));
            query.Step();
            query.Row("");
            return (query.Int64(), query.UInt64OrNull());
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountExpiredAsync(CircleId circle, UtcDay from, UtcDay to, CancellationToken cancellation) => _database.ReadAsync(
        session =>
        {
            Statement query = session.Start("SELECT COUNT(*) FROM records WHERE circle = ? AND withdrawn_at IS NULL AND expiry >= ? AND expiry < ?").Bind(circle).Bind(from.Number).Bind(to.Number);
            query.Step();
            query.Row("");
            return query.Int64();
        },
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> SaveFindingAsync(StoredFinding finding, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return _database.WriteAsync(
            session =>
            {
                int replaced = session.Start("DELETE FROM life_findings WHERE circle = ? AND size = ?").Bind(finding.Circle).Bind(finding.Size).Run();
                session.Start("INSERT INTO life_findings VALUES (?, ?, ?, ?, ?)", Findings)
                    .Bind(finding.Circle).Bind(finding.Size).Bind(finding.FoundAt.UtcTicks).Bind(finding.Finding.AsSpan()).RunWithHash();
                return replaced == 0;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredFinding>> ListFindingsAsync(int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredFinding>>(
        session => ReadAll(
            session.Start("SELECT circle, size, found_at, finding, row_hash FROM life_findings ORDER BY found_at DESC, size DESC LIMIT ?").Bind(most),
            query =>
            {
                query.Row(Findings);
                StoredFinding finding = new(query.Circle(), query.UInt64(), ReadMoment(query), query.Bytes());
                query.CheckRow((long)finding.Size);
                return finding;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask ForgetFindingAsync(CircleId circle, ulong size, CancellationToken cancellation) => _database.WriteAsync(
        session => { session.Start("DELETE FROM life_findings WHERE circle = ? AND size = ?").Bind(circle).Bind(size).Run(); }, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> AddMisbindAsync(StoredMisbind report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(report);
        return _database.WriteAsync(
            session => session.Start("INSERT OR IGNORE INTO life_misbinds VALUES (?, ?, ?, ?, ?)", Misbinds)
                .Bind(report.Record).Bind(report.Member).Bind(report.Check).Bind(report.At.UtcTicks).RunWithHash() > 0,
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MisbindTally>> ListMisbindsAsync(int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<MisbindTally>>(
        session =>
        {
            List<StoredMisbind> reports = ReadAll(
                session.Start("SELECT record, member, check_number, at, row_hash FROM life_misbinds ORDER BY record"),
                query =>
                {
                    query.Row(Misbinds);
                    StoredMisbind report = new(query.Record(), query.Member(), (int)query.Int64(), ReadMoment(query));
                    query.CheckRow(report.Record.Prefix);
                    return report;
                });
            return
            [
                .. reports.GroupBy(report => report.Record)
                    .Select(of => (Record: FindRecord(session, of.Key)?.Record, Checks: of.Select(report => report.Check).ToList(), At: of.Max(report => report.At)))
                    .Where(tally => tally.Record is not null).OrderByDescending(tally => tally.At).Take(most)
                    .Select(tally => new MisbindTally(tally.Record!, tally.Checks, tally.At)),
            ];
        },
        cancellation);

    private static StoredAcknowledgement ReadAcknowledgement(Statement query)
    {
        query.Row(Acknowledgements);
        MemberId member = query.Member();
        ulong size = query.UInt64();
        byte[] request = query.Bytes();
        DateTimeOffset at = ReadMoment(query);
        query.CheckRow(member.Prefix);
        return new StoredAcknowledgement(member, size, request, at);
    }

    /// <summary>A moment; a damaged column gives another one, which the row's hash then tells.</summary>
    private static DateTimeOffset ReadMoment(Statement query) => new(Math.Clamp(query.Int64(), 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);
}
