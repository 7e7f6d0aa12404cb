using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Storage.Sql;

public abstract partial class SqlBrokerStore
{
    private const string InsertInvitation = "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private const string Invitations = "invitations", Proposals = "proposals", RouteKeys = "route_keys", Usage = "quota_usage";

    /// <inheritdoc/>
    public ValueTask<Invitation?> FindInvitationAsync(ReadOnlyMemory<byte> tokenHash, CancellationToken cancellation) =>
        _database.ReadAsync(session => FindInvitation(session, tokenHash.Span), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Invitation>> ListOpenInvitationsAsync(DateTimeOffset now, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<Invitation>>(
        session => ReadAll(session.Start("SELECT * FROM invitations WHERE used_at IS NULL AND expires_at > ? ORDER BY expires_at").Bind(now.UtcTicks), ReadInvitation), cancellation);

    /// <inheritdoc/>
    public ValueTask SaveProposalAsync(StoredProposal proposal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        return _database.WriteAsync(
            session =>
            {
                session.Start("REPLACE INTO proposals VALUES (?, ?, ?, ?)", Proposals).Bind(proposal.Circle).Bind(proposal.Epoch).Bind(proposal.Request.AsSpan()).RunWithHash();
            },
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredProposal>> ListProposalsAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredProposal>>(
        session => ReadAll(
            session.Start("SELECT * FROM proposals ORDER BY circle, epoch"),
            query =>
            {
                query.Row(Proposals);
                var proposal = new StoredProposal(query.Circle(), (uint)query.Int64(), query.Bytes());
                query.CheckRow($"{proposal.Circle.Prefix}/{proposal.Epoch}");
                return proposal;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRouteKey>> ReadRouteKeysAsync(CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<StoredRouteKey>>(
        session => ReadAll(
            session.Start("SELECT * FROM route_keys ORDER BY circle, epoch"),
            query =>
            {
                query.Row(RouteKeys);
                var key = new StoredRouteKey(query.Circle(), (uint)query.Int64(), query.Bytes());
                query.CheckRow($"{key.Circle.Prefix}/{key.Epoch}");
                return key;
            }),
        cancellation);

    /// <inheritdoc/>
    public ValueTask AddUsageAsync(IReadOnlyCollection<QuotaUsage> usage, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return _database.WriteAsync(session => AddUsage(session, usage), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QuotaUsage>> ReadUsageAsync(UtcDay since, CancellationToken cancellation) => _database.ReadAsync<IReadOnlyList<QuotaUsage>>(
        session => ReadAll(session.Start("SELECT * FROM quota_usage WHERE day >= ? ORDER BY member, quota, day").Bind(since.Number), ReadUsage), cancellation);

    private static void WriteInvitation(Session session, Invitation invitation, string statement) => session.Start(statement, Invitations)
        .Bind(invitation.TokenHash.AsSpan()).Bind(invitation.Change).Bind(invitation.Member).Bind(invitation.Name).Bind((long)invitation.Role).Bind(invitation.Statement.AsSpan())
        .Bind(invitation.ExpiresAt.UtcTicks).Bind(invitation.UsedAt)
        .RunWithHash();

    private static Invitation? FindInvitation(Session session, ReadOnlySpan<byte> tokenHash)
    {
        Statement query = session.Start("SELECT * FROM invitations WHERE token_hash = ?").Bind(tokenHash);
        return query.Step() ? ReadInvitation(query) : null;
    }

    private static Invitation ReadInvitation(Statement query)
    {
        query.Row(Invitations);
        byte[] tokenHash = query.Bytes();
        long change = query.Int64();
        MemberId member = query.Member();
        string name = query.Text();
        var role = (MemberRole)query.Int64();
        byte[] joined = query.Bytes();
        long expiresAt = query.Int64();
        ulong? usedAt = query.UInt64OrNull();
        query.CheckRow(member.Prefix);
        return new Invitation(tokenHash, change, member, name, role, joined, new DateTimeOffset(expiresAt, TimeSpan.Zero), usedAt);
    }

    private static void UseInvitation(Session session, byte[] tokenHash, ulong usedAt)
    {
        Invitation invitation = FindInvitation(session, tokenHash) ?? throw new InvalidOperationException($"The member who joins at index {usedAt} has no invitation in this store.");
        if (invitation.UsedAt is not null)
        {
            throw new InvitationUsedException();
        }

        WriteInvitation(session, invitation with { UsedAt = usedAt }, "REPLACE INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    }

    private static void BeginEpoch(Session session, StoredRouteKey key)
    {
        session.Start("INSERT INTO route_keys VALUES (?, ?, ?, ?)", RouteKeys).Bind(key.Circle).Bind(key.Epoch).Bind(key.Key.AsSpan()).RunWithHash();
        session.Start("DELETE FROM proposals WHERE circle = ? AND epoch = ?").Bind(key.Circle).Bind(key.Epoch).Run();
    }

    private static void AddUsage(Session session, IReadOnlyCollection<QuotaUsage> usage)
    {
        foreach (QuotaUsage used in usage)
        {
            Statement query = session.Start("SELECT * FROM quota_usage WHERE member = ? AND quota = ? AND day = ?").Bind(used.Member).Bind(used.Quota).Bind(used.Day.Number);
            long before = query.Step() ? ReadUsage(query).Count : 0;
            query.Reset();
            session.Start("REPLACE INTO quota_usage VALUES (?, ?, ?, ?, ?)", Usage)
                .Bind(used.Member).Bind(used.Quota).Bind(used.Day.Number).Bind(checked(before + used.Count)).RunWithHash();
        }
    }

    private static QuotaUsage ReadUsage(Statement query)
    {
        query.Row(Usage);
        MemberId member = query.Member();
        string quota = query.Text();
        var day = new UtcDay((uint)query.Int64());
        long used = query.Int64();
        query.CheckRow(string.Create(CultureInfo.InvariantCulture, $"{member.Prefix}/{quota}/{day.Number}"));
        return new QuotaUsage(member, quota, day, used);
    }

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
