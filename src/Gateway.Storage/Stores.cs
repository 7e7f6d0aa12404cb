using Gateway.Storage.Broker;
using Gateway.Storage.Node;
using Gateway.Storage.Postgres;
using Gateway.Storage.Sqlite;

namespace Gateway.Storage;

/// <summary>Opens the store that options name: a PostgreSQL database by its connection string, or the file of the folder where none is named.</summary>
public static class Stores
{
    /// <summary>What is wrong with the option, or null: it is empty or a connection string.</summary>
    public static string? FaultOf(string store)
    {
        if (string.IsNullOrEmpty(store)) return null;
        if (!PostgresAddress.IsOne(store)) return "it is no connection string such as \"Host=…;Database=…;Username=…\"";
        try
        {
            PostgresAddress.Parse(store);
            return null;
        }
        catch (StoreRefusedException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Opens a broker's store.</summary>
    /// <param name="store">Connection string; null or empty for the file.</param>
    /// <param name="file">The file.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellation">Cancels the opening.</param>
    /// <exception cref="StoreRefusedException">It is another role's store, a newer program's, or not fit for one.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be opened now.</exception>
    /// <exception cref="StoreCorruptException">It is damaged.</exception>
    public static async ValueTask<IBrokerStore> OpenBrokerAsync(string? store, string file, TimeProvider time, CancellationToken cancellation) => string.IsNullOrEmpty(store)
        ? await SqliteBrokerStore.OpenAsync(file, time, cancellation).ConfigureAwait(false)
        : await PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(store), time, cancellation).ConfigureAwait(false);

    /// <summary>Opens a node's store.</summary>
    /// <inheritdoc cref="OpenBrokerAsync"/>
    public static async ValueTask<INodeStore> OpenNodeAsync(string? store, string file, TimeProvider time, CancellationToken cancellation) => string.IsNullOrEmpty(store)
        ? await SqliteNodeStore.OpenAsync(file, time, cancellation).ConfigureAwait(false)
        : await PostgresNodeStore.OpenAsync(PostgresAddress.Parse(store), time, cancellation).ConfigureAwait(false);
}
