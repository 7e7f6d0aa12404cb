using Gateway.Storage.Sql;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// A statement of SQLite. It stands on SQLite's C functions and not on SqliteCommand, because at 20,000 records a second and several rows a record the objects of the latter cost more than
/// SQLite itself.
/// </summary>
internal sealed class SqliteStatement : Statement
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public override int Run()
    {
        while (Step())
        {
        }

        Check(raw.sqlite3_reset(_statement));
        return raw.sqlite3_changes(_database);
    }

    public override void Queue() => Run();

    public override bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }

        return false;
    }

    // Reports the last execution's error once more: it was thrown then.
    public override void Reset() => _ = raw.sqlite3_reset(_statement);

    protected override void Set(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter + 1, value));

    protected override void Set(int parameter, ReadOnlySpan<byte> value) => Check(value.IsEmpty
        ? raw.sqlite3_bind_zeroblob(_statement, parameter + 1, 0)
        : raw.sqlite3_bind_blob(_statement, parameter + 1, value));

    protected override void SetText(int parameter, string value, ReadOnlySpan<byte> utf8) => Check(raw.sqlite3_bind_text(_statement, parameter + 1, utf8));

    protected override void SetNull(int parameter) => Check(raw.sqlite3_bind_null(_statement, parameter + 1));

    protected override ColumnType TypeOf(int column) => raw.sqlite3_column_type(_statement, column) switch
    {
        raw.SQLITE_NULL => ColumnType.Null,
        raw.SQLITE_INTEGER => ColumnType.Integer,
        raw.SQLITE_TEXT => ColumnType.Text,
        _ => ColumnType.Bytes,
    };

    protected override long GetInt64(int column) => raw.sqlite3_column_int64(_statement, column);

    protected override ReadOnlySpan<byte> GetSpan(int column) => raw.sqlite3_column_blob(_statement, column);

    protected override ReadOnlySpan<byte> GetUtf8(int column) => raw.sqlite3_column_blob(_statement, column);

    protected override byte[] GetBytes(int column) => GetSpan(column).ToArray();

    protected override void Close() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }
}
