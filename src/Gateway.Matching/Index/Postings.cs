using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Matching.Index;

/// <summary>
/// A map from 16-byte values to sets of record numbers, for one writer and many readers; readers neither lock nor allocate, and a set once handed out does not
/// change. A set of one lies in the table itself; a larger one is an array with room behind it: a higher number than all is written there, out of the sight of who
/// holds the shorter set, and anything else makes a new array. So a set of 100,000 is built in linear time. A set keeps every number it was given: what is left out of a set
/// would be hidden by whoever filled it first. One that is larger than the limit says so.
/// </summary>
internal sealed class Postings
{
    private readonly TagTable<int> _table;
    private readonly int _limit;
    private readonly Stack<int> _freeLists = new();
    private RecordList?[] _lists = new RecordList?[16];
    private int _listsUsed;

    public Postings(UInt128 seed, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _table = new TagTable<int>(seed);
        _limit = limit;
    }

    /// <summary>Keys present.</summary>
    public int Count => _table.Count;

    /// <summary>Bytes held, about: 48 for the header and fields of a list, 24 for its array.</summary>
    public long Bytes
    {
        get
        {
            long bytes = _table.Bytes + ((long)_lists.Length * IntPtr.Size);
            foreach (RecordList? list in _lists)
            {
                bytes += list is null ? 0 : 72 + ((long)list.Room.Length * sizeof(int));
            }

            return bytes;
        }
    }

    /// <summary>The record numbers of a key, ascending.</summary>
    /// <param name="key">The key.</param>
    /// <param name="records">Its numbers, at least one where it is present.</param>
    /// <param name="isLarge">Whether they are more than the limit.</param>
    /// <returns>Whether the key is present.</returns>
    public bool TryFind(UInt128 key, out ReadOnlySpan<int> records, out bool isLarge)
    {
        while (true)
        {
            ref readonly int value = ref _table.Find(key);
            isLarge = false;
            records = default;
            if (Unsafe.IsNullRef(in value))
            {
                return false;
            }

            if (value >= 0)
            {
                records = MemoryMarshal.CreateReadOnlySpan(in value, 1);
                return true;
            }

            RecordList? list = Volatile.Read(ref Volatile.Read(ref _lists)[~value]);
            if (list is not null && list.Key == key)
            {
                records = list.Room.AsSpan(0, list.Count);
                isLarge = list.Count > _limit;
                return true;
            }

            // The list was given up after its number was read, and perhaps given to another key: the table has changed, look again.
        }
    }

    /// <summary>Adds a record number. Writer only.</summary>
    /// <returns>Whether the set changed.</returns>
    public bool Add(UInt128 key, int record)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(record);
        int number = ListOf(key);
        RecordList? list = number < 0 ? null : _lists[number];
        if (list is not null && record > list.Room[list.Count - 1])
        {
            int[] room = list.Room;
            if (list.Count == room.Length)
            {
                Array.Resize(ref room, 2 * room.Length);
            }

            room[list.Count] = record;
            Volatile.Write(ref _lists[number], new RecordList(key, room, list.Count + 1));
            return true;
        }

        if (!TryFind(key, out ReadOnlySpan<int> records, out _))
        {
            _table.Set(key, record);
            return true;
        }

        int place = records.BinarySearch(record);
        if (place >= 0)
        {
            return false;
        }

        int[] more = new int[records.Length + 1];
        records[..~place].CopyTo(more);
        more[~place] = record;
        records[~place..].CopyTo(more.AsSpan(~place + 1));
        Store(key, more);
        return true;
    }

    /// <summary>Removes a record number; a key without any is removed. Writer only.</summary>
    /// <returns>Whether the set changed.</returns>
    public bool Remove(UInt128 key, int record)
    {
        if (!TryFind(key, out ReadOnlySpan<int> records, out _))
        {
            return false;
        }

        int place = records.BinarySearch(record);
        if (place < 0)
        {
            return false;
        }

        if (records.Length == 1)
        {
            return RemoveAll(key);
        }

        Store(key, [.. records[..place], .. records[(place + 1)..]]);
        return true;
    }

    /// <summary>Makes the set of a key these record numbers, in any order. Writer only.</summary>
    public void Set(UInt128 key, ReadOnlySpan<int> records)
    {
        int[] sorted = records.ToArray();
        Array.Sort(sorted);
        int distinct = 0;
        foreach (int record in sorted)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(record, nameof(records));
            if (distinct == 0 || sorted[distinct - 1] != record)
            {
                sorted[distinct++] = record;
            }
        }

        if (distinct == 0)
        {
            RemoveAll(key);
        }
        else
        {
            Store(key, sorted[..distinct]);
        }
    }

    /// <summary>Removes a key. Writer only.</summary>
    /// <returns>Whether it was present.</returns>
    public bool RemoveAll(UInt128 key)
    {
        int list = ListOf(key);
        bool removed = _table.Remove(key);
        GiveUp(list);
        return removed;
    }

    private void Store(UInt128 key, int[] records)
    {
        int list = ListOf(key);
        if (records.Length == 1)
        {
            _table.Set(key, records[0]);
            GiveUp(list);
            return;
        }

        bool isNew = list < 0;
        if (isNew)
        {
            list = TakeList();
        }

        Volatile.Write(ref _lists[list], new RecordList(key, records, records.Length));
        if (isNew)
        {
            _table.Set(key, ~list);
        }
    }

    private int ListOf(UInt128 key)
    {
        ref readonly int value = ref _table.Find(key);
        return Unsafe.IsNullRef(in value) || value >= 0 ? -1 : ~value;
    }

    private int TakeList()
    {
        if (_freeLists.TryPop(out int free))
        {
            return free;
        }

        if (_listsUsed == _lists.Length)
        {
            RecordList?[] longer = new RecordList?[_lists.Length * 2];
            _lists.CopyTo(longer, 0);
            Volatile.Write(ref _lists, longer);
        }

        return _listsUsed++;
    }

    private void GiveUp(int list)
    {
        if (list >= 0)
        {
            Volatile.Write(ref _lists[list], null);
            _freeLists.Push(list);
        }
    }

    private sealed record RecordList(UInt128 Key, int[] Room, int Count);
}
