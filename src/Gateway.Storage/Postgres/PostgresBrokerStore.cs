using Gateway.Storage.Sql;

namespace Gateway.Storage.Postgres;

/// <summary>The broker's store in a PostgreSQL database, which any number of its processes share.</summary>
public sealed class PostgresBrokerStore : SqlBrokerStore
{
    private readonly LogNews _news;

    private PostgresBrokerStore(PostgresDatabase database, LogNews news)
        : base(database) => _news = news;

    /// <inheritdoc/>
    public override IAsyncEnumerable<ulong> FollowOthersAsync(CancellationToken cancellation) => _news.ReadAsync(cancellation);

    /// <summary>Opens the store at an address, creating its tables where they are missing.</summary>
    /// <exception cref="StoreRefusedException">The schema holds another role's store, a newer program's, or something else; or the server could lose what was acknowledged.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached now.</exception>
    /// <exception cref="StoreCorruptException">Leaves and newest checkpoint do not belong together.</exception>
    public static async ValueTask<PostgresBrokerStore> OpenAsync(PostgresAddress address, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(time);
        cancellation.ThrowIfCancellationRequested();
        PostgresDatabase database = PostgresDatabase.Open(address, StoreRole.Broker, time);
        try
        {
            await database.ReadAsync(RequireHead, cancellation).ConfigureAwait(false);
            return new PostgresBrokerStore(database, new LogNews(address, time));
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static bool RequireHead(Session session)
    {
        ulong size = LogTables.RequireWhole(session);
        Statement query = session.Start("SELECT size FROM tree_head");
        ulong head = 0;
        if (query.Step())
        {
            query.Row("tree_head");
            head = query.UInt64();
        }

        return head == size ? true : throw new StoreCorruptException($"The head of the tree stands at {head} and the log has {size} leaves: one of them was changed.", inner: null);
    }
}
