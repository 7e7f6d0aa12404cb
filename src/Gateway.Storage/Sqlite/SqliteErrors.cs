using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>What an error of SQLite means to the caller of a store.</summary>
internal static class SqliteErrors
{
    /// <summary>The exception to throw instead.</summary>
    public static Exception Translate(SqliteException error, string path)
    {
        string name = Path.GetFileName(path);
        return error.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => new StoreUnavailableException($"The disk of the store {name} is full: free space. Nothing accepted so far is lost, and the store goes on as soon as there is space.", error),
            raw.SQLITE_IOERR => new StoreUnavailableException($"The disk of the store {name} failed (SQLite {error.SqliteExtendedErrorCode}): check the disk and its free space. Nothing accepted so far is lost.", error),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL => new StoreUnavailableException($"The store {name} is locked by another program: end the program that holds it, then try again.", error),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => new StoreUnavailableException($"The store {name} cannot be written: give this program's user write permission to the file and its folder.", error),
            raw.SQLITE_CANTOPEN => new StoreUnavailableException($"The store {name} cannot be opened: check that its folder exists, its permissions, and the number of open files.", error),
            raw.SQLITE_NOMEM => new StoreUnavailableException($"There is too little memory for the store {name}: try again later.", error),
            raw.SQLITE_CORRUPT => new StoreCorruptException($"The file of the store {name} is damaged.", error),
            raw.SQLITE_NOTADB => new StoreCorruptException($"The file {name} is no SQLite database, or its first page is damaged.", error),
            raw.SQLITE_CONSTRAINT => new InvalidOperationException($"The store {name} holds such a row already, or a value is missing ({error.Message}). Nothing was written.", error),
            _ => new InvalidOperationException($"The store {name} refused a statement ({error.Message}). Nothing was written.", error),
        };
    }
}
