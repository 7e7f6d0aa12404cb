using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Storage.Node;
using Gateway.Storage.Sql;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Storage.Postgres;

/// <summary>
/// Several processes of one member's node on one schema. The lease and the processes' beats go by the database's clock, over a connection of their own, so that a long transaction or a VACUUM holds
/// nobody's beat up. Who acts under the lease renews it as the last thing in each of its transactions, under the lock of the lease's row: whoever has lost it finds no row there and writes nothing.
/// </summary>
internal sealed partial class PostgresReplicas(PostgresAddress address, TimeProvider time) : ReplicaJournal, IReplicaStore, IDisposable
{
    private const string Now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    private const string Channel = "'gateway_node_' || " + Announcements.Schema;

    private readonly Announcements _announcements = new(address, Channel, time);
    private readonly byte[] _self = Guid.NewGuid().ToByteArray();
    private readonly AsyncLocal<long?> _acting = new();
    private SqlDatabase? _database;
    private long _leaseLife;
    private StoreNews _taken = new(0, [], true, default);
    private StoreNews? _appended;

    /// <inheritdoc/>
    public long Taken => Volatile.Read(ref _taken).UpTo;

    /// <inheritdoc/>
    public StoreRows TakenRows => Volatile.Read(ref _taken).Rows;

    private SqlDatabase Database => _database ?? throw new InvalidOperationException("The store is not open yet.");

    /// <summary>Begins with a database that was opened: all changes so far are in what will be read of it.</summary>
    public async ValueTask OpenAsync(SqlDatabase database, CancellationToken cancellation)
    {
        _database = database;
        _taken = await database.ReadAsync(session => new StoreNews(ReadHead(session), [], true, ReadRows(session)), cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask RequireOwnerAsync(ReadOnlyMemory<byte> mark, CancellationToken cancellation) => Database.WriteAsync(
        session =>
        {
            session.Start("INSERT OR IGNORE INTO replica_owner VALUES (?, ?)").Bind(1).Bind(mark.Span).Run();
            Statement query = session.Start("SELECT mark FROM replica_owner WHERE slot = 1");
            query.Step();
            query.Row("replica_owner");
            if (!query.Span().SequenceEqual(mark.Span)) throw new StoreRefusedException($"The database {address.Name} holds the node of another member, or of this one with other keys: name a database or schema of this node's own. A replica is run from a copy of the first one's folder.");
        },
        cancellation);

    /// <inheritdoc/>
    public IDisposable ActUnder(long term)
    {
        _acting.Value = term;
        return new Act(this);
    }

    /// <inheritdoc/>
    public ValueTask<StoreNews> ReadNewsAsync(CancellationToken cancellation) => Database.ReadAsync(
        session =>
        {
            long taken = Taken, head = ReadHead(session);
            var changes = new List<NodeChange>();
            Statement query = session.Start("SELECT seq, change FROM replica_news WHERE seq > ? ORDER BY seq").Bind(taken);
            while (query.Step())
            {
                query.Row("replica_news");
                query.Int64();
                changes.Add(NodeChange.FromBytes(query.Bytes()));
            }

            bool isWhole = changes.Count == head - taken;
            if (head < taken) Volatile.Write(ref _taken, Volatile.Read(ref _taken) with { UpTo = -1 }); // The database was put back to an earlier state: no change that was taken counts.
            return new StoreNews(head, isWhole ? changes : [], isWhole, ReadRows(session));
        },
        cancellation);

    /// <inheritdoc/>
    public void Take(StoreNews news)
    {
        // Never back: what was read before a change made here was committed may be taken after it.
        StoreNews known;
        do known = Volatile.Read(ref _taken);
        while (news.UpTo > known.UpTo && Interlocked.CompareExchange(ref _taken, news, known) != known);
    }

    /// <inheritdoc/>
    public ValueTask<IdentifierClaims> ClaimAsync(uint version, IReadOnlyCollection<UInt128> hashes, TimeSpan life, CancellationToken cancellation) => Database.WriteAsync(
        session =>
        {
            NpgsqlConnection connection = ConnectionOf(session);
            byte[][] asked = [.. hashes.Select(BytesOf)];
            Execute(connection, $"DELETE FROM replica_claims WHERE expires_at < {Now}");
            HashSet<UInt128> known = ReadHashes(connection, "SELECT hash FROM known WHERE version = $1 AND hash = ANY ($2)", (long)version, asked);
            HashSet<UInt128> mine = ReadHashes(
                connection,
                $"""
                INSERT INTO replica_claims AS held SELECT $1, hash, $3, {Now} + $4 FROM unnest($2) AS hash
                ON CONFLICT (version, hash) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE held.holder = EXCLUDED.holder RETURNING held.hash
                """,
                (long)version, (byte[][])[.. hashes.Where(hash => !known.Contains(hash)).Select(BytesOf)], _self, (long)life.TotalMilliseconds);
            return new IdentifierClaims(mine, known);
        },
        cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreTopic> FollowOthersAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        string self = Convert.ToHexStringLower(_self);
        await foreach (IReadOnlyList<string>? heard in _announcements.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (heard is null)
            {
                yield return StoreTopic.Everything;
                continue;
            }

            foreach (string topic in heard.Select(payload => payload.Split(' ')).Where(parts => parts is [_, string by] && by != self).Select(parts => parts[0]).Distinct())
            {
                if (Enum.TryParse(topic, out StoreTopic known)) yield return known;
            }
        }
    }

    public override void BeforeCommit(Session session)
    {
        if (_appended is { } appended) _appended = appended with { Rows = ReadRows(session) };
        if (_acting.Value is not { } term) return;
        int held = Execute(ConnectionOf(session), $"UPDATE replica_lease SET expires_at = GREATEST(expires_at, {Now} + $3) WHERE holder = $1 AND term = $2", _self, term, Interlocked.Read(ref _leaseLife));
        if (held == 0) throw new StoreUnavailableException("Another process of this node does this work now: nothing was written.", new InvalidOperationException("lease"));
    }

    public override void End(bool committed)
    {
        if (committed && _appended is { } appended) Take(appended);
        _appended = null;
    }

    public override void RequireInStep(Session session)
    {
        if (ReadHead(session) != Taken) throw new StoreMovedException();
    }

    public override void Append(Session session, NodeChange change)
    {
        RequireInStep(session);
        long next = Taken + 1;
        session.Start("REPLACE INTO replica_head VALUES (?, ?)").Bind(1).Bind(next).Run();
        session.Start("INSERT INTO replica_news VALUES (?, ?)").Bind(next).Bind(change.ToBytes()).Run();
        Tell(session, StoreTopic.News);
        _appended = new StoreNews(next, [], true, default);
    }

    public override void Tell(Session session, StoreTopic topic) => session.Start($"SELECT pg_notify({Channel}, ?::text)").Bind(PayloadOf(topic)).Step();

    public override void EndClaims(Session session, uint version, IReadOnlyCollection<UInt128> hashes) =>
        Execute(ConnectionOf(session), "DELETE FROM replica_claims WHERE version = $1 AND hash = ANY ($2)", (long)version, (byte[][])[.. hashes.Select(BytesOf)]);

    public void Dispose()
    {
        _connection?.Dispose();
        _beating.Dispose();
    }

    private static long ReadHead(Session session)
    {
        Statement query = session.Start("SELECT seq FROM replica_head WHERE slot = 1");
        if (!query.Step()) return 0;
        query.Row("replica_head");
        long head = query.Int64();
        query.Reset();
        return head;
    }

    private static StoreRows ReadRows(Session session)
    {
        Statement query = session.Start("SELECT (SELECT COALESCE(MAX(id), 0) FROM known), (SELECT COALESCE(MAX(id), 0) FROM known_tags), (SELECT COALESCE(MAX(number), 0) FROM records)");
        query.Step();
        query.Row("");
        StoreRows rows = new(query.Int64(), query.Int64(), (int)query.Int64());
        query.Reset();
        return rows;
    }

    private static NpgsqlConnection ConnectionOf(Session session)
    {
        var own = (PostgresSession)session;
        own.Settle();
        return own.Connection;
    }

    private static HashSet<UInt128> ReadHashes(NpgsqlConnection connection, string sql, params object[] values)
    {
        using NpgsqlCommand query = Command(connection, sql, values);
        using NpgsqlDataReader reader = query.ExecuteReader();
        var hashes = new HashSet<UInt128>();
        while (reader.Read()) hashes.Add(BinaryPrimitives.ReadUInt128BigEndian(reader.GetFieldValue<byte[]>(0)));
        return hashes;
    }

    private static int Execute(NpgsqlConnection connection, string sql, params object[] values)
    {
        using NpgsqlCommand command = Command(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (object value in values)
        {
            NpgsqlDbType type = value switch
            {
                byte[] => NpgsqlDbType.Bytea,
                byte[][] => NpgsqlDbType.Array | NpgsqlDbType.Bytea,
                long => NpgsqlDbType.Bigint,
                _ => NpgsqlDbType.Text,
            };
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
        }

        return command;
    }

    private static byte[] BytesOf(UInt128 hash)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, hash);
        return bytes;
    }

    private string PayloadOf(StoreTopic topic) => string.Create(CultureInfo.InvariantCulture, $"{topic} {Convert.ToHexStringLower(_self)}");

    private sealed class Act(PostgresReplicas replicas) : IDisposable
    {
        public void Dispose() => replicas._acting.Value = null;
    }
}
