using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore : IChangeStore
{
    private const string ChangeTable = "changes", Sponsors = "sponsors", Operators = "operators";

    /// <inheritdoc/>
    public IChangeStore Changes => this;

    ValueTask<long> IChangeStore.AddAsync(ProposedChange proposed, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(proposed);
        return _database.WriteAsync(
            session =>
            {
                Statement query = session.Start("SELECT COALESCE(MAX(number), 0) + 1 FROM changes");
                query.Step();
                query.Row(ChangeTable);
                long number = query.Int64();
                Bind(session.Start("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ChangeTable), new StoredChange(number, proposed, ChangeState.Open, null, null, null)).RunWithHash();
                return number;
            },
            cancellation);
    }

    ValueTask<StoredChange?> IChangeStore.FindAsync(long number, CancellationToken cancellation) => _database.ReadAsync(session => FindChange(session, number), cancellation);

    ValueTask<IReadOnlyList<StoredChange>> IChangeStore.ListAsync(bool undecidedOnly, int most, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredChange>>(
        session => ReadAll(
            undecidedOnly
                ? session.Start("SELECT * FROM changes WHERE state = 1 ORDER BY number DESC")
                : session.Start("SELECT * FROM changes ORDER BY number DESC LIMIT ?").Bind(most),
            ReadChange),
        cancellation);

    ValueTask<int> IChangeStore.CountExecutedAsync(Change.KindOneofCase kind, DateTimeOffset since, CancellationToken cancellation) => _database.ReadAsync(
        session => ReadAll(session.Start("SELECT * FROM changes WHERE kind = ? AND state = 2 AND decided_at > ?").Bind((long)kind).Bind(since.UtcTicks), ReadChange).Count,
        cancellation);

    ValueTask IChangeStore.DecideAsync(ChangeDecision decision, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return _database.WriteAsync(session => Decide(session, decision), cancellation);
    }

    ValueTask IChangeStore.AddSponsorAsync(long number, MemberId member, ReadOnlyMemory<byte> signature, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            if (FindChange(session, number) is not { State: ChangeState.Open, Proposed.Kind: Change.KindOneofCase.Admission }) throw new ChangeDecidedException(number);
            session.Start("REPLACE INTO sponsors VALUES (?, ?, ?, ?)", Sponsors).Bind(number).Bind(member).Bind(signature.Span).RunWithHash();
        },
        cancellation);

    ValueTask<IReadOnlyList<StatementSignature>> IChangeStore.ReadSponsorsAsync(long number, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StatementSignature>>(
        session => ReadAll(
            session.Start("SELECT * FROM sponsors WHERE change = ? ORDER BY member").Bind(number),
            query =>
            {
                query.Row(Sponsors);
                query.Skip();
                byte[] member = query.Bytes();
                byte[] signature = query.Bytes();
                query.CheckRow(number);
                return new StatementSignature { MemberId = UnsafeByteOperations.UnsafeWrap(member), Signature = UnsafeByteOperations.UnsafeWrap(signature) };
            }),
        cancellation);

    ValueTask IChangeStore.AddFirstOperatorsAsync(IReadOnlyCollection<string> names, DateTimeOffset now, CancellationToken cancellation) => _database.WriteAsync(
        session =>
        {
            if (session.Start("SELECT 1 FROM operators").Step()) throw new InvalidOperationException("The store has operators already: further ones are admitted by a change.");
            foreach (string name in names) AdmitOperator(session, name, now);
        },
        cancellation);

    ValueTask<IReadOnlyList<StoredOperator>> IChangeStore.ReadOperatorsAsync(CancellationToken cancellation) =>
        _database.ReadAsync<IReadOnlyList<StoredOperator>>(session => ReadAll(session.Start("SELECT * FROM operators ORDER BY name"), ReadOperator), cancellation);

    private static void Decide(Session session, ChangeDecision decision)
    {
        StoredChange open = FindChange(session, decision.Number) ?? throw new ChangeDecidedException(decision.Number);
        StoredChange decided = open with { State = decision.State, DecidedBy = decision.Operator, DecidedAt = decision.At, Index = decision.Index };
        if (!MayBecome(open, decided)) throw new ChangeDecidedException(decision.Number);

        // Conditional, as the table's own checks are: the row is written only where it is still open.
        Statement update = session.Start(
            "UPDATE changes SET number = ?, kind = ?, change = ?, author = ?, proposed_at = ?, expires_at = ?, state = ?, decided_by = ?, decided_at = ?, log_index = ?, row_hash = ? WHERE number = ? AND state = 1",
            ChangeTable);
        if (Bind(update, decided).BindHash().Bind(decision.Number).Run() != 1) throw new ChangeDecidedException(decision.Number);
        if (decision.Invitation is { } invitation) WriteInvitation(session, invitation, InsertInvitation);
        if (decision.ShareOffer is { } offer) WriteShareOffer(session, offer);
        if (decision.AdmittedOperator is { } admitted) AdmitOperator(session, admitted, decision.At);
        if (decision.RemovedOperator is { } removed) RemoveOperator(session, removed, decision.At);
    }

    private static bool MayBecome(StoredChange open, StoredChange decided) =>
        open.State == ChangeState.Open
        && decided.State is ChangeState.Executed or ChangeState.Rejected
        && (decided.State == ChangeState.Rejected
            || (decided.DecidedAt < open.Proposed.ExpiresAt
                && (open.Proposed.Kind == Change.KindOneofCase.Suspension || !string.Equals(open.Proposed.Author.Trim(), decided.DecidedBy!.Trim(), StringComparison.OrdinalIgnoreCase))));

    private static void AdmitOperator(Session session, string name, DateTimeOffset at) =>
        session.Start("INSERT INTO operators VALUES (?, ?, ?, ?)", Operators).Bind(name).Bind(at.UtcTicks).BindNull().RunWithHash();

    private static void RemoveOperator(Session session, string name, DateTimeOffset at)
    {
        Statement query = session.Start("SELECT * FROM operators WHERE name = ?").Bind(name);
        if (!query.Step() || ReadOperator(query) is not { RemovedAt: null } known) throw new InvalidOperationException($"There is no operator {name} to remove.");
        session.Start("REPLACE INTO operators VALUES (?, ?, ?, ?)", Operators).Bind(name).Bind(known.AdmittedAt.UtcTicks).Bind(at.UtcTicks).RunWithHash();
    }

    private static StoredOperator ReadOperator(Statement query)
    {
        query.Row(Operators);
        string name = query.Text();
        long admittedAt = query.Int64();
        long? removedAt = (long?)query.UInt64OrNull();
        query.CheckRow(name);
        return new StoredOperator(name, Utc(admittedAt), removedAt is { } ticks ? Utc(ticks) : null);
    }

    private static StoredChange? FindChange(Session session, long number)
    {
        Statement query = session.Start("SELECT * FROM changes WHERE number = ?").Bind(number);
        return query.Step() ? ReadChange(query) : null;
    }

    private static StoredChange ReadChange(Statement query)
    {
        query.Row(ChangeTable);
        long number = query.Int64();
        var kind = (Change.KindOneofCase)query.Int64();
        byte[] change = query.Bytes();
        string author = query.Text();
        long proposedAt = query.Int64();
        long expiresAt = query.Int64();
        var state = (ChangeState)query.Int64();
        string? decidedBy = query.TextOrNull();
        long? decidedAt = (long?)query.UInt64OrNull();
        ulong? index = query.UInt64OrNull();
        query.CheckRow(number.ToString(CultureInfo.InvariantCulture));
        return new StoredChange(number, new ProposedChange(kind, change, author, Utc(proposedAt), Utc(expiresAt)), state, decidedBy, decidedAt is { } ticks ? Utc(ticks) : null, index);
    }

    private static Statement Bind(Statement statement, StoredChange change) => statement
        .Bind(change.Number).Bind((long)change.Proposed.Kind).Bind(change.Proposed.Change.AsSpan()).Bind(change.Proposed.Author)
        .Bind(change.Proposed.ProposedAt.UtcTicks).Bind(change.Proposed.ExpiresAt.UtcTicks).Bind((long)change.State).Bind(change.DecidedBy)
        .Bind((ulong?)change.DecidedAt?.UtcTicks).Bind(change.Index);

    private static DateTimeOffset Utc(long ticks) => new(ticks, TimeSpan.Zero);
}
