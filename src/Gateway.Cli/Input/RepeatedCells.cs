using System.Buffers;
using System.Buffers.Binary;
using Gateway.Cryptography;

namespace Gateway.Cli.Input;

/// <summary>
/// Knows neighbouring columns again by the bytes that stand there: of a manifest's senders most repeat, and reading and checking their fields costs ten times as much as knowing them again.
/// The keys of the hashes are drawn for each file, so that nobody can write a row that is taken for another.
/// </summary>
internal sealed class RepeatedCells
{
    private readonly byte[] _key = RandomSource.System.GetBytes(SipHash.KeySize);
    private readonly byte[] _pieceKey = RandomSource.System.GetBytes(SipHash.KeySize); // One piece and single cells are two encodings: bytes of the one are never taken for the other.
    private readonly ArrayBufferWriter<byte> _bytes = new(1_024);
    private readonly NumbersByHash _numbers = new();

    /// <summary>Contents remembered.</summary>
    public int Count => _numbers.Count;

    /// <summary>The key of the columns from <paramref name="first"/> on, or null where all of them are empty.</summary>
    public UInt128? KeyOf(LazyFields row, int first, int count)
    {
        if (row.TryRaw(first, count, out ReadOnlySpan<byte> piece)) return piece.Length == count - 1 ? null : SipHash.Hash128(_pieceKey, piece); // Commas alone.
        _bytes.ResetWrittenCount();
        bool empty = true;
        for (int i = first; i < first + count; i++)
        {
            ReadOnlySpan<byte> raw = row.Raw(i);
            empty &= raw.IsEmpty;
            Span<byte> room = _bytes.GetSpan(sizeof(int) + raw.Length);
            BinaryPrimitives.WriteInt32LittleEndian(room, raw.Length); // Nothing can move from one column into the next.
            raw.CopyTo(room[sizeof(int)..]);
            _bytes.Advance(sizeof(int) + raw.Length);
        }

        return empty ? null : SipHash.Hash128(_key, _bytes.WrittenSpan);
    }

    /// <summary>Eight bytes of a hash of a shipment's id.</summary>
    public ulong KeyOf(ReadOnlySpan<byte> id) => SipHash.Hash64(_key, id);

    /// <summary>The number that was remembered for it.</summary>
    public bool TryFind(UInt128 key, out uint number) => _numbers.TryFind(key, out number);

    /// <summary>Remembers a number.</summary>
    public void Keep(UInt128 key, uint number) => _numbers.Set(key, number);

    /// <summary>Forgets all of them.</summary>
    public void Clear() => _numbers.Clear();
}
