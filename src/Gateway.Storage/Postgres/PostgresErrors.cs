using Npgsql;

namespace Gateway.Storage.Postgres;

/// <summary>What an error of PostgreSQL means to the caller of a store.</summary>
internal static class PostgresErrors
{
    /// <summary>The exception to throw instead. Message texts of the server name tables and constraints, never values; details, which do, are left out by the connection.</summary>
    public static Exception Translate(NpgsqlException error, string name) => error is PostgresException { SqlState: string state } refused
        ? Translate(refused, state, name)
        : new StoreUnavailableException($"The database {name} cannot be reached: check that it runs and that the network leads to it. Nothing accepted so far is lost, and the store goes on as soon as it is back.", error);

    private static Exception Translate(PostgresException error, string state, string name) => state switch
    {
        "53100" => new StoreUnavailableException($"The disk of the database {name} is full: free space. Nothing accepted so far is lost, and the store goes on as soon as there is space.", error),
        "53300" => new StoreUnavailableException($"The database {name} has no connection free: raise max_connections, or end programs that hold some.", error),
        "25006" => new StoreUnavailableException($"The database {name} takes no writes: it is a standby, or set to read only.", error),
        "42501" => new StoreUnavailableException($"The database {name} does not permit it ({error.MessageText}): give the user of the connection its rights.", error),
        "3D000" => new StoreUnavailableException($"The database {name} does not exist: create it.", error),
        "25P03" => new StoreUnavailableException($"The database {name} has ended a transaction in which this program stood still for too long.", error),
        "55P03" or "57014" => new StoreUnavailableException($"The database {name} took too long: another program holds it, or it has too much to do.", error),
        "40001" or "40P01" => new StoreUnavailableException($"The database {name} put this transaction behind another one: try again.", error),
        "XX001" or "XX002" => new StoreCorruptException($"The database {name} is damaged ({error.MessageText}).", error),
        ['2', '8', ..] => new StoreUnavailableException($"The database {name} does not let this user in: check user and password of the connection string, and pg_hba.conf.", error),
        ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..] =>
            new StoreUnavailableException($"The database {name} is not there for now ({state}). Nothing accepted so far is lost, and the store goes on as soon as it is back.", error),
        ['2', '3', ..] => new InvalidOperationException($"The store {name} holds such a row already, or a value is missing ({error.MessageText}). Nothing was written.", error),
        _ => new InvalidOperationException($"The store {name} refused a statement ({state}: {error.MessageText}). Nothing was written.", error),
    };
}
