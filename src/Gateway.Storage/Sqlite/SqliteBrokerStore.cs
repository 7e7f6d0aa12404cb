using Gateway.Storage.Sql;

namespace Gateway.Storage.Sqlite;

/// <summary>The broker's store in one SQLite file.</summary>
/// <remarks>
/// What is deleted is overwritten in the file (secure_delete); older copies in the WAL are overwritten as it is reused, and go when the store is closed.
/// </remarks>
public sealed class SqliteBrokerStore : SqlBrokerStore
{
    private SqliteBrokerStore(SqliteFile file)
        : base(file) => File = file;

    /// <summary>For tests that make the disk full.</summary>
    internal SqliteFile File { get; }

    /// <summary>Nothing: a broker has its file to itself.</summary>
    public override IAsyncEnumerable<ulong> FollowOthersAsync(CancellationToken cancellation) => AsyncEnumerable.Empty<ulong>();

    /// <summary>Opens the store at a path, creating the file (mode 0600) and its tables where they are missing.</summary>
    /// <exception cref="StoreRefusedException">The file is another role's store, a newer program's, or no store.</exception>
    /// <exception cref="StoreUnavailableException">The file cannot be opened now.</exception>
    /// <exception cref="StoreCorruptException">Leaves and newest checkpoint do not belong together.</exception>
    public static async ValueTask<SqliteBrokerStore> OpenAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        cancellation.ThrowIfCancellationRequested();
        SqliteFile file = SqliteFile.Open(path, StoreRole.Broker, time);
        try
        {
            await file.ReadAsync(LogTables.RequireWhole, cancellation).ConfigureAwait(false);
            return new SqliteBrokerStore(file);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
