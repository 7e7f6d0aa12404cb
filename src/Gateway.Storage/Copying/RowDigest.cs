using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Storage.Sql;

namespace Gateway.Storage.Copying;

/// <summary>A table's columns, and one digest over its rows as they go by: it tells two tables apart, and checks each row's hash on the way.</summary>
internal sealed class RowDigest(string table, IReadOnlyList<string> columns, bool isNumbered) : IDisposable
{
    private readonly RowHash _row = new();
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly int _hashColumn = columns.ToList().IndexOf("row_hash");

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Takes a row: numbers, texts, bytes and nulls in the order of the columns.</summary>
    /// <exception cref="StoreCorruptException">It does not have its hash.</exception>
    public void Add(object?[] row)
    {
        Rows++;
        _row.Begin(table);

        // A number that the database gave stands in the first column and in no row's hash.
        for (int i = isNumbered ? 1 : 0; i < row.Length; i++)
        {
            if (i != _hashColumn) Add(row[i]);
        }

        Span<byte> hash = stackalloc byte[RowHash.Size];
        _row.Write(hash);
        if (_hashColumn >= 0 && !hash.SequenceEqual((byte[])row[_hashColumn]!)) throw new StoreCorruptException(table, $"{Rows} in the order of their keys");
        _all.AppendData(hash);
        if (!isNumbered) return;
        BinaryPrimitives.WriteInt64BigEndian(hash, (long)row[0]!);
        _all.AppendData(hash[..sizeof(long)]);
    }

    /// <summary>The digest of the rows: 32 bytes.</summary>
    public byte[] Finish() => _all.GetHashAndReset();

    public void Dispose()
    {
        _row.Dispose();
        _all.Dispose();
    }

    private void Add(object? value)
    {
        switch (value)
        {
            case null:
                _row.AddNull();
                break;
            case long number:
                _row.Add(number);
                break;
            case string text:
                _row.Add(text);
                break;
            default:
                _row.Add(((byte[])value).AsSpan());
                break;
        }
    }
}
