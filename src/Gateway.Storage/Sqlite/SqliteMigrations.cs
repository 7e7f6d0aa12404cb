using System.Globalization;
using Dapper;
using Gateway.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>Brings a file to the tables this program knows, one numbered migration after the other, each in a transaction of its own.</summary>
internal static class SqliteMigrations
{
    /// <summary>Runs the migrations the file lacks.</summary>
    public static void Run(SqliteConnection connection, StoreRole role, string name, TimeProvider time)
    {
        IReadOnlyList<(int Number, string Name)> all = Migrations.List(role.ToString());
        int version = ReadVersion(connection, role, name);
        foreach ((int number, string resource) in all.Skip(version))
        {
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            if (number == 1)
            {
                connection.Execute("CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT", transaction: transaction);
            }

            connection.Execute(Migrations.Read(resource), transaction: transaction);
            connection.Execute(
                "INSERT INTO migrations (number, name, applied_at) VALUES (@number, @resource, @at)",
                new { number, resource, at = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) },
                transaction);

            // PRAGMA takes no parameters; both are numbers of this program.
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {(int)role}; PRAGMA user_version = {number}"), transaction: transaction);
            transaction.Commit();
        }
    }

    /// <summary>Changes nothing. Returns the version of the file; 0 when it is new.</summary>
    /// <exception cref="StoreRefusedException">It is another role's store, a newer program's, or no store.</exception>
    public static int ReadVersion(SqliteConnection connection, StoreRole role, string name)
    {
        int newest = Migrations.List(role.ToString()).Count;
        int version = connection.ExecuteScalar<int>("PRAGMA user_version");
        int application = connection.ExecuteScalar<int>("PRAGMA application_id");
        bool isNew = application == 0 && version == 0 && connection.ExecuteScalar<long>("SELECT COUNT(*) FROM sqlite_schema") == 0;
        if (!isNew && application != (int)role)
        {
            string whose = Enum.IsDefined((StoreRole)application) ? $"is a {(StoreRole)application} store" : "is a database of another program";
            throw new StoreRefusedException($"The file {name} {whose} and cannot be opened as a {role} store: give the path of this {role}'s own store.");
        }

        if (version > newest)
        {
            throw new StoreRefusedException($"The store {name} has version {version} and this program knows versions up to {newest}: run the newer program that wrote it, or restore a backup from before the upgrade.");
        }

        return version;
    }
}
