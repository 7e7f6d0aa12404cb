using Gateway.Storage.Sql;

namespace Gateway.Storage.Postgres;

/// <summary>A node's store in a PostgreSQL database.</summary>
public sealed class PostgresNodeStore : SqlNodeStore
{
    private PostgresNodeStore(PostgresDatabase database)
        : base(database)
    {
    }

    /// <summary>Opens the store at an address, creating its tables where they are missing.</summary>
    /// <exception cref="StoreRefusedException">The schema holds another role's store, a newer program's, or something else; or the server could lose what was acknowledged.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached now.</exception>
    /// <exception cref="StoreCorruptException">Leaves and newest checkpoint do not belong together.</exception>
    public static async ValueTask<PostgresNodeStore> OpenAsync(PostgresAddress address, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(time);
        cancellation.ThrowIfCancellationRequested();
        PostgresDatabase database = PostgresDatabase.Open(address, StoreRole.Node, time);
        try
        {
            await database.ReadAsync(LogTables.RequireWhole, cancellation).ConfigureAwait(false);
            return new PostgresNodeStore(database);
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
