using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Storage.Sql;

/// <summary>
/// The checksum of a row: SHA-256 over table name and columns in the table's order, each as one byte of type, its length as u32 and its bytes. So neither moved bytes
/// nor a null in place of an empty value give the same hash. It guards against disks and accidents, not against somebody who can write the file.
/// Not thread-safe; one for each prepared statement.
/// </summary>
internal sealed class RowHash : IDisposable
{
    /// <summary>Length in bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    private const byte Null = 0, Integer = 1, Text = 2, Blob = 3;

    // Reused: at 190 bytes a row 600 ns against 830 ns of SHA256.HashData, on the machine the goals are set for.
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _bytes = new byte[512];
    private int _length;

    /// <summary>Starts a row of a table.</summary>
    public void Begin(string table)
    {
        _length = 0;
        Add(table);
    }

    public void AddNull() => Append(Null, 0);

    public void Add(long value) => BinaryPrimitives.WriteInt64BigEndian(Append(Integer, sizeof(long)), value);

    public void Add(string value) => Encoding.UTF8.GetBytes(value, Append(Text, Encoding.UTF8.GetByteCount(value)));

    public void AddUtf8(ReadOnlySpan<byte> value) => value.CopyTo(Append(Text, value.Length));

    public void Add(ReadOnlySpan<byte> value) => value.CopyTo(Append(Blob, value.Length));

    /// <summary>Writes the hash of what was added: 32 bytes.</summary>
    public void Write(Span<byte> hash)
    {
        _sha.AppendData(_bytes.AsSpan(0, _length));
        _sha.GetHashAndReset(hash);
    }

    /// <summary>Whether what was added has this hash.</summary>
    public bool Is(ReadOnlySpan<byte> expected)
    {
        Span<byte> hash = stackalloc byte[Size];
        Write(hash);
        return hash.SequenceEqual(expected);
    }

    public void Dispose() => _sha.Dispose();

    private Span<byte> Append(byte type, int length)
    {
        int needed = _length + 5 + length;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
        }

        _bytes[_length] = type;
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_length + 1), length);
        Span<byte> place = _bytes.AsSpan(_length + 5, length);
        _length = needed;
        return place;
    }
}
