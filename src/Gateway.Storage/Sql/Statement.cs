using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Protocol;

namespace Gateway.Storage.Sql;

/// <summary>
/// A prepared statement, bound and read column after column, left to right, so that the row hash is built on the way and cannot leave a column out. Columns hold whole numbers of 64 bits,
/// bytes or text. One execution of a session is read at a time: beginning another ends it.
/// </summary>
internal abstract class Statement : IDisposable
{
    private readonly RowHash _hash = new();
    private string _table = "";
    private int _column;

    /// <summary>Begins a new execution; a table's name where the statement writes a row with its hash.</summary>
    public Statement Start(string table = "")
    {
        Reset();
        _column = 0;
        _hash.Begin(table);
        return this;
    }

    public Statement Bind(long value)
    {
        _hash.Add(value);
        Set(_column++, value);
        return this;
    }

    public Statement Bind(int value) => Bind((long)value);

    public Statement Bind(uint value) => Bind((long)value);

    public Statement Bind(ulong value) => Bind(checked((long)value));

    public Statement Bind(ulong? value) => value is { } number ? Bind(number) : BindNull();

    public Statement Bind(ReadOnlySpan<byte> value)
    {
        _hash.Add(value);
        Set(_column++, value);
        return this;
    }

    /// <summary>Binds bytes, or NULL for null.</summary>
    public Statement Bind(byte[]? value) => value is null ? BindNull() : Bind(value.AsSpan());

    public Statement Bind(string? value)
    {
        if (value is null)
        {
            return BindNull();
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        _hash.AddUtf8(utf8);
        SetText(_column++, value, utf8);
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
        SetNull(_column++);
        return this;
    }

    /// <summary>Binds the hash of the row bound so far.</summary>
    public Statement BindHash()
    {
        Span<byte> hash = stackalloc byte[RowHash.Size];
        _hash.Write(hash);
        Set(_column++, hash);
        return this;
    }

    /// <summary>Binds the hash of the row bound so far, and runs. Returns how many rows were written.</summary>
    public int RunWithHash() => BindHash().Run();

    /// <summary>Binds the hash of the row bound so far, and writes it before the next statement that is no such row, or at the transaction's end: for rows that come in numbers.</summary>
    public void QueueWithHash() => BindHash().Queue();

    /// <summary>Runs to the end. Returns how many rows were written.</summary>
    public abstract int Run();

    /// <summary>Writes the row before the next statement that is no such row, or at the transaction's end.</summary>
    public abstract void Queue();

    /// <summary>Goes to the next result row; false at the end.</summary>
    public abstract bool Step();

    /// <summary>Ends the execution.</summary>
    public abstract void Reset();

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
    public bool IsNull(int column) => TypeOf(column) == ColumnType.Null;

    public long Int64()
    {
        long value = GetInt64(_column++);
        _hash.Add(value);
        return value;
    }

    public ulong UInt64() => (ulong)Int64();

    public ulong? UInt64OrNull() => SkipNull() ? null : UInt64();

    /// <summary>The bytes of a column, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span()
    {
        ReadOnlySpan<byte> value = GetSpan(_column++);
        _hash.Add(value);
        return value;
    }

    public byte[] Bytes()
    {
        byte[] value = GetBytes(_column++);
        _hash.Add(value);
        return value;
    }

    public byte[]? BytesOrNull() => SkipNull() ? null : Bytes();

    public string Text()
    {
        ReadOnlySpan<byte> utf8 = GetUtf8(_column++);
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
    public ReadOnlySpan<byte> Peek(int column) => GetSpan(column);

    /// <summary>Adds the next column to the hash as whatever type it has.</summary>
    public void Skip()
    {
        switch (TypeOf(_column))
        {
            case ColumnType.Null:
                SkipNull();
                break;
            case ColumnType.Integer:
                Int64();
                break;
            case ColumnType.Text:
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
    public bool HashHolds() => _hash.Is(GetSpan(_column++));

    public void Dispose()
    {
        Close();
        _hash.Dispose();
    }

    /// <summary>Sets a parameter, counted from 0.</summary>
    protected abstract void Set(int parameter, long value);

    /// <inheritdoc cref="Set(int, long)"/>
    protected abstract void Set(int parameter, ReadOnlySpan<byte> value);

    /// <inheritdoc cref="Set(int, long)"/>
    protected abstract void SetText(int parameter, string value, ReadOnlySpan<byte> utf8);

    /// <inheritdoc cref="Set(int, long)"/>
    protected abstract void SetNull(int parameter);

    /// <summary>What a column of the current row holds.</summary>
    protected abstract ColumnType TypeOf(int column);

    /// <summary>A column as a number; 0 where it is NULL.</summary>
    protected abstract long GetInt64(int column);

    /// <summary>A column's bytes, valid until the next step; none where it is NULL.</summary>
    protected abstract ReadOnlySpan<byte> GetSpan(int column);

    /// <inheritdoc cref="GetSpan"/>
    protected abstract ReadOnlySpan<byte> GetUtf8(int column);

    /// <summary>A column's bytes; none where it is NULL.</summary>
    protected abstract byte[] GetBytes(int column);

    protected abstract void Close();

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

    /// <summary>What a column can hold.</summary>
    protected enum ColumnType
    {
        /// <summary>Nothing.</summary>
        Null,

        /// <summary>A whole number of 64 bits.</summary>
        Integer,

        /// <summary>Text.</summary>
        Text,

        /// <summary>Bytes.</summary>
        Bytes,
    }
}
