using System.Buffers;
using System.Buffers.Binary;
using Gateway.Cryptography;

namespace Gateway.Cli.Input;

/// <summary>
/// Remembers what was read from some neighbouring columns of a row, by the bytes that stand there: of a manifest's senders most repeat, and reading and checking their fields
/// costs ten times as much as knowing them again. The key of the hash is drawn for each file, so that nobody can write a row that is taken for another. Two generations bound the memory.
/// </summary>
internal sealed class RepeatedCells<T>
    where T : class
{
    // Some 2 KB each with their strings.
    private const int Generation = 20_000;

    private readonly byte[] _key = RandomSource.System.GetBytes(SipHash.KeySize);
    private readonly ArrayBufferWriter<byte> _bytes = new(1_024);
    private Dictionary<UInt128, T> _young = [];
    private Dictionary<UInt128, T> _old = [];

    /// <summary>The key of the columns from <paramref name="first"/> on, or null where all of them are empty.</summary>
    public UInt128? KeyOf(LazyFields row, int first, int count)
    {
        if (row.TryRaw(first, count, out ReadOnlySpan<byte> piece)) return piece.Length == count - 1 ? null : SipHash.Hash128(_key, piece); // Commas alone.
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

    /// <summary>What was read there before, or null.</summary>
    public T? Find(UInt128 key)
    {
        if (_young.TryGetValue(key, out T? known)) return known;
        if (!_old.TryGetValue(key, out known)) return null;
        Keep(key, known);
        return known;
    }

    /// <summary>Remembers it.</summary>
    public void Keep(UInt128 key, T value)
    {
        if (_young.Count >= Generation) (_old, _young) = (_young, []);
        _young[key] = value;
    }
}
