using Gateway.Storage.Node;
using Gateway.Storage.Sql;

namespace Gateway.Storage.Postgres;

/// <summary>A node's store in a PostgreSQL database, which any number of its processes share.</summary>
public sealed class PostgresNodeStore : SqlNodeStore
{
    private readonly PostgresReplicas _replicas;

    private PostgresNodeStore(PostgresDatabase database, PostgresReplicas replicas)
        : base(database) => _replicas = replicas;

    /// <inheritdoc/>
    public override IReplicaStore Replicas => _replicas;

    // The tags of records that ended wait there until every process has taken them out of its memory.
    private protected override IReadOnlyList<string> ErasedTables { get; } = ["items", "tags", "records", "hits", "meetings", "alerts", "known_tags", "replica_news"];

    /// <summary>Opens the store at an address, creating its tables where they are missing.</summary>
    /// <exception cref="StoreRefusedException">The schema holds another role's store, a newer program's, or something else; or the server could lose what was acknowledged.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached now.</exception>
    /// <exception cref="StoreCorruptException">Leaves and newest checkpoint do not belong together.</exception>
    public static async ValueTask<PostgresNodeStore> OpenAsync(PostgresAddress address, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(time);
        cancellation.ThrowIfCancellationRequested();
        var replicas = new PostgresReplicas(address, time);
        PostgresDatabase database = PostgresDatabase.Open(address, StoreRole.Node, time, replicas);
        try
        {
            await replicas.OpenAsync(database, cancellation).ConfigureAwait(false);
            await database.ReadAsync(LogTables.RequireWhole, cancellation).ConfigureAwait(false);
            return new PostgresNodeStore(database, replicas);
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _replicas.Dispose();
    }
}
