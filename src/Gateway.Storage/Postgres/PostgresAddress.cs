using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>Where a PostgreSQL store is: a connection string such as "Host=db;Database=gateway;Username=gateway". Its password goes to the server alone: never into a log or an exception.</summary>
public sealed class PostgresAddress
{
    private readonly NpgsqlDataSource _source;

    private PostgresAddress(string connection, string name)
    {
        Connection = connection;
        Name = name;
        NpgsqlConnectionStringBuilder one = new(connection) { TargetSessionAttributes = null };
        NpgsqlDataSourceBuilder source = new(one.ConnectionString);

        // Numbers, texts and bytes are all there is; else the first connection reads every type of the database, which are as many as it has tables.
        source.ConfigureTypeLoading(types => types.EnableTypeLoading(false));

        // A store is written: of several hosts the primary is meant, whatever else the string may say.
        _source = one.Host!.Contains(',', StringComparison.Ordinal) ? source.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : source.Build();
    }

    /// <summary>The whole connection string, with what may be secret in it.</summary>
    internal string Connection { get; }

    /// <summary>Which database it is, for messages: database, host, and schema where one is named.</summary>
    public string Name { get; }

    /// <summary>A connection that is not open yet.</summary>
    internal NpgsqlConnection NewConnection() => _source.CreateConnection();

    /// <summary>Whether a store's name is a connection string, and not the path of a file.</summary>
    public static bool IsOne(string store) =>
        store.Split(';').Any(part => part.Split('=', 2) is [string key, _] && key.Trim().Equals("Host", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="StoreRefusedException">It cannot be read, or does not name host and database.</exception>
    public static PostgresAddress Parse(string store)
    {
        ArgumentNullException.ThrowIfNull(store);
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(store);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or NotSupportedException or KeyNotFoundException)
        {
            // Without the error: it may repeat what stands beside the fault.
            throw new StoreRefusedException("The connection string of the store cannot be read: write it as \"Host=…;Database=…;Username=…\".");
        }

        if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database))
        {
            throw new StoreRefusedException("The connection string of the store names no host or no database: write it as \"Host=…;Database=…;Username=…\".");
        }

        // The sessions are kept here, with their statements; another pool under them would only hide that one is lost.
        builder.Pooling = false;
        builder.Multiplexing = false;
        builder.Enlist = false;
        builder.IncludeErrorDetail = false;
        builder.IncludeFailedBatchedCommand = false;
        builder.PersistSecurityInfo = false;
        builder.ApplicationName ??= "gateway";
        if (!builder.ShouldSerialize("Timeout")) builder.Timeout = 5;
        string schema = string.IsNullOrEmpty(builder.SearchPath) ? "" : $" (schema {builder.SearchPath})";
        try
        {
            return new PostgresAddress(builder.ConnectionString, $"{builder.Database} at {builder.Host}{schema}");
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or NotSupportedException)
        {
            throw new StoreRefusedException("The connection string of the store holds settings that do not go together: leave out all but host, database, username, password and search path, and add them one by one.");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
