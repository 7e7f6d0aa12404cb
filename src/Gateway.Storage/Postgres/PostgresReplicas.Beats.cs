using Gateway.Storage.Node;
using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>The processes' beats and the lease, over a connection of their own: no long transaction and no VACUUM of this process holds them up.</summary>
internal sealed partial class PostgresReplicas
{
    /// <summary>Changes kept for a process that is there and takes none of them.</summary>
    private const long MostNews = 100_000;

    /// <summary>Who was not seen for so long is not waited for any more: should it come back, it reads everything anew.</summary>
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _beating = new(1, 1);
    private NpgsqlConnection? _connection;

    /// <inheritdoc/>
    public async ValueTask<ReplicaStanding> BeatAsync(ReplicaBeat beat, TimeSpan life, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(beat);
        Interlocked.Exchange(ref _leaseLife, (long)life.TotalMilliseconds);
        return await WithConnectionAsync(
            connection =>
            {
                Execute(connection, $"INSERT INTO replicas VALUES ($1, $2, $3, {Now}, $4) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, taken = EXCLUDED.taken, seen_at = EXCLUDED.seen_at, heard_at = EXCLUDED.heard_at", _self, beat.Name, beat.Taken, beat.HeardAt);
                Execute(connection, $"DELETE FROM replicas WHERE seen_at < {Now} - $1", (long)Gone.TotalMilliseconds);
                Execute(connection, "DELETE FROM replica_news WHERE seq <= GREATEST((SELECT MIN(taken) FROM replicas), (SELECT seq FROM replica_head) - $1)", MostNews);
                if (beat.WantsLease)
                {
                    Execute(
                        connection,
                        $"""
                        INSERT INTO replica_lease AS held VALUES (1, $1, 1, {Now} + $2)
                        ON CONFLICT (slot) DO UPDATE SET holder = EXCLUDED.holder, term = held.term + CASE WHEN held.holder = EXCLUDED.holder THEN 0 ELSE 1 END, expires_at = EXCLUDED.expires_at
                        WHERE held.holder = EXCLUDED.holder OR held.expires_at < {Now}
                        """,
                        _self, (long)life.TotalMilliseconds);
                }

                using NpgsqlCommand held = Command(connection, "SELECT term FROM replica_lease WHERE holder = $1 AND expires_at > 0", _self);
                return new ReplicaStanding(held.ExecuteScalar() as long?, ReadReplicas(connection));
            },
            cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(CancellationToken cancellation) => await WithConnectionAsync(
        connection =>
        {
            Execute(connection, "DELETE FROM replicas WHERE id = $1", _self);
            Execute(connection, "DELETE FROM replica_claims WHERE holder = $1", _self);
            Execute(connection, "UPDATE replica_lease SET expires_at = 0 WHERE holder = $1", _self);
            return Execute(connection, $"SELECT pg_notify({Channel}, $1)", PayloadOf(StoreTopic.Lease));
        },
        cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Replica>> ReadReplicasAsync(CancellationToken cancellation) => WithConnectionAsync<IReadOnlyList<Replica>>(ReadReplicas, cancellation);

    private List<Replica> ReadReplicas(NpgsqlConnection connection)
    {
        using NpgsqlCommand query = Command(
            connection,
            $"""
            SELECT name, id = $1, COALESCE(id = (SELECT holder FROM replica_lease WHERE expires_at > {Now}), FALSE), taken, {Now} - seen_at, heard_at
            FROM replicas ORDER BY name, id
            """,
            _self);
        using NpgsqlDataReader reader = query.ExecuteReader();
        var replicas = new List<Replica>();
        while (reader.Read()) replicas.Add(new Replica(reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetInt64(3), TimeSpan.FromMilliseconds(reader.GetInt64(4)), reader.GetInt64(5)));
        return replicas;
    }

    private async ValueTask<T> WithConnectionAsync<T>(Func<NpgsqlConnection, T> work, CancellationToken cancellation)
    {
        await _beating.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_connection is null)
            {
                _connection = address.NewConnection();
                await _connection.OpenAsync(cancellation).ConfigureAwait(false);
            }

            return work(_connection);
        }
        catch (NpgsqlException error)
        {
            if (_connection is not { FullState: System.Data.ConnectionState.Open })
            {
                _connection?.Dispose();
                _connection = null;
            }

            throw PostgresErrors.Translate(error, address.Name);
        }
        finally
        {
            _beating.Release();
        }
    }
}
