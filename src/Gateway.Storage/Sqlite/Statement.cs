using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Protocol;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// A prepared statement, bound and read column after column, left to right, so that the row hash is built on the way and cannot leave a column out. It stands on SQLite's
/// C functions and not on SqliteCommand, because at 20,000 records a second and several rows a record the objects of the latter cost more than SQLite itself.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly RowHash _hash = new();
    private string _table = "";
    private int _column;

    public Statement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Begins a new execution; a table's name where the statement writes a row with its hash.</summary>
    public Statement Start(string table = "")
    {
        _ = raw.sqlite3_reset(_statement); // Reports the last execution's error once more: it was thrown then.
        _column = 0;
        _hash.Begin(table);
        return this;
    }

    public Statement Bind(long value)
    {
        _hash.Add(value);
        Check(raw.sqlite3_bind_int64(_statement, ++_column, value));
        return this;
    }

    public Statement Bind(int value) => Bind((long)value);

    public Statement Bind(uint value) => Bind((long)value);

    public Statement Bind(ulong value) => Bind(checked((long)value));

    public Statement Bind(ulong? value) => value is { } number ? Bind(number) : BindNull();

    public Statement Bind(ReadOnlySpan<byte> value)
    {
        _hash.Add(value);
        BindBlob(value);
        return this;
    }

    /// <summary>Binds a blob, or NULL for null.</summary>
    public Statement Bind(byte[]? value) => value is null ? BindNull() : Bind(value.AsSpan());

    public Statement Bind(string? value)
    {
        if (value is null)
        {
            return BindNull();
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        _hash.AddUtf8(utf8);
        Check(raw.sqlite3_bind_text(_statement, ++_column, utf8.AsSpan()));
        return this;
    }

    public Statement Bind(CircleId value)
    {
        Span<byte> bytes = stackalloc byte[CircleId.Size];
        value.CopyTo(bytes);
        return Bind(bytes);
    }

    public Statement Bind(MemberId value)
    {
        Span<byte> bytes = stackalloc byte[MemberId.Size];
        value.CopyTo(bytes);
        return Bind(bytes);
    }

    public Statement Bind(RecordId value)
    {
        Span<byte> bytes = stackalloc byte[RecordId.Size];
        value.CopyTo(bytes);
        return Bind(bytes);
    }

    public Statement Bind(Tag value) => Bind(value.ToUInt128());

    public Statement Bind(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Bind(bytes);
    }

    public Statement BindNull()
    {
        _hash.AddNull();
        Check(raw.sqlite3_bind_null(_statement, ++_column));
        return this;
    }

    /// <summary>Binds the hash of the row bound so far, and runs. Returns how many rows were written.</summary>
    public int RunWithHash() => BindHash().Run();

    /// <summary>Binds the hash of the row bound so far.</summary>
    public Statement BindHash()
    {
        Span<byte> hash = stackalloc byte[RowHash.Size];
        _hash.Write(hash);
        BindBlob(hash);
        return this;
    }

    /// <summary>Runs to the end. Returns how many rows were written.</summary>
    public int Run()
    {
        while (Step())
        {
        }

        Check(raw.sqlite3_reset(_statement));
        return raw.sqlite3_changes(_database);
    }

    /// <summary>Goes to the next result row; false at the end.</summary>
    public bool Step()
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

    /// <summary>Ends the execution and with it its read transaction.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    /// <summary>Says whose columns the next reads take, and at which column they begin.</summary>
    public void Row(string table, int firstColumn = 0)
    {
        _table = table;
        _column = firstColumn;
        _hash.Begin(table);
    }

    /// <summary>The table given to <see cref="Row"/>.</summary>
    public string Table => _table;

    /// <summary>Whether a column holds NULL, without reading it.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Int64()
    {
        long value = raw.sqlite3_column_int64(_statement, _column++);
        _hash.Add(value);
        return value;
    }

    public ulong UInt64() => (ulong)Int64();

    public ulong? UInt64OrNull() => SkipNull() ? null : UInt64();

    /// <summary>The bytes of a blob, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span()
    {
        ReadOnlySpan<byte> value = raw.sqlite3_column_blob(_statement, _column++);
        _hash.Add(value);
        return value;
    }

    public byte[] Bytes() => Span().ToArray();

    public byte[]? BytesOrNull() => SkipNull() ? null : Bytes();

    public string Text()
    {
        ReadOnlySpan<byte> utf8 = raw.sqlite3_column_blob(_statement, _column++);
        _hash.AddUtf8(utf8);
        return Encoding.UTF8.GetString(utf8);
    }

    public string? TextOrNull() => SkipNull() ? null : Text();

    /// <summary>16 bytes as a number; 0 where the column has another length, which the row's hash then tells.</summary>
    public UInt128 UInt128()
    {
        ReadOnlySpan<byte> bytes = Span();
        return bytes.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : 0;
    }

    public CircleId Circle() => CircleId.TryFromBytes(Span(), out CircleId value) ? value : default;

    public CircleId? CircleOrNull() => SkipNull() ? null : Circle();

    public MemberId Member() => MemberId.TryFromBytes(Span(), out MemberId value) ? value : default;

    public RecordId Record() => RecordId.TryFromBytes(Span(), out RecordId value) ? value : default;

    public RecordId? RecordOrNull() => SkipNull() ? null : Record();

    /// <summary>The bytes of a blob beside the row's hash, for a row that is read through an index and has none; valid until the next step.</summary>
    public ReadOnlySpan<byte> Peek(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>Adds the next column to the hash as whatever type it has.</summary>
    public void Skip()
    {
        switch (raw.sqlite3_column_type(_statement, _column))
        {
            case raw.SQLITE_NULL:
                SkipNull();
                break;
            case raw.SQLITE_INTEGER:
                Int64();
                break;
            case raw.SQLITE_TEXT:
                Text();
                break;
            default:
                Span();
                break;
        }
    }

    /// <summary>Reads the row's hash, the column after those read, and compares.</summary>
    /// <exception cref="StoreCorruptException">It is another.</exception>
    public void CheckRow(string key)
    {
        if (!HashHolds())
        {
            throw new StoreCorruptException(_table, key);
        }
    }

    /// <inheritdoc cref="CheckRow(string)"/>
    public void CheckRow(long key)
    {
        if (!HashHolds())
        {
            throw new StoreCorruptException(_table, key.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Reads the row's hash, the column after those read, and tells whether it is theirs.</summary>
    public bool HashHolds() => _hash.Is(raw.sqlite3_column_blob(_statement, _column++));

    public void Dispose()
    {
        _statement.Dispose();
        _hash.Dispose();
    }

    private bool SkipNull()
    {
        if (!IsNull(_column))
        {
            return false;
        }

        _column++;
        _hash.AddNull();
        return true;
    }

    private void BindBlob(ReadOnlySpan<byte> value) => Check(value.IsEmpty
        ? raw.sqlite3_bind_zeroblob(_statement, ++_column, 0)
        : raw.sqlite3_bind_blob(_statement, ++_column, value));

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }
}
