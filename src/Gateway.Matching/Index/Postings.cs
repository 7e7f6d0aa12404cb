using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Matching.Index;

/// <summary>
/// A map from 16-byte values to sets of record numbers, for one writer and many readers; readers neither lock nor allocate, and a set once handed out does not
/// change. A set of one lies in the table itself; larger ones are arrays that are replaced, not changed. A set that would outgrow the limit stops growing
/// and stays marked, because what it missed is not known any more.
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

    /// <summary>Bytes held, about: 40 for the header and fields of a list, 24 for its array.</summary>
    public long Bytes
    {
        get
        {
            long bytes = _table.Bytes + ((long)_lists.Length * IntPtr.Size);
            foreach (RecordList? list in _lists)
            {
                bytes += list is null ? 0 : 64 + ((long)list.Records.Length * sizeof(int));
            }

            return bytes;
        }
    }

    /// <summary>The record numbers of a key, ascending.</summary>
    /// <returns>Whether the key is present. A stopped set may be empty.</returns>
    public bool TryFind(UInt128 key, out ReadOnlySpan<int> records, out bool stopped)
    {
        while (true)
        {
            ref readonly int value = ref _table.Find(key);
            stopped = false;
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
                records = list.Records;
                stopped = list.Stopped;
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
        if (!TryFind(key, out ReadOnlySpan<int> records, out bool stopped))
        {
            _table.Set(key, record);
            return true;
        }

        int place = records.BinarySearch(record);
        if (stopped || place >= 0)
        {
            return false;
        }

        if (records.Length >= _limit)
        {
            Store(key, records.ToArray(), stopped: true);
            return true;
        }

        int[] more = new int[records.Length + 1];
        records[..~place].CopyTo(more);
        more[~place] = record;
        records[~place..].CopyTo(more.AsSpan(~place + 1));
        Store(key, more, stopped: false);
        return true;
    }

    /// <summary>Removes a record number; a key without any is removed, unless it was stopped. Writer only.</summary>
    /// <returns>Whether the set changed.</returns>
    public bool Remove(UInt128 key, int record)
    {
        if (!TryFind(key, out ReadOnlySpan<int> records, out bool stopped))
        {
            return false;
        }

        int place = records.BinarySearch(record);
        if (place < 0)
        {
            return false;
        }

        if (records.Length == 1 && !stopped)
        {
            return RemoveAll(key);
        }

        Store(key, [.. records[..place], .. records[(place + 1)..]], stopped);
        return true;
    }

    /// <summary>Makes the set of a key these record numbers, in any order. Writer only.</summary>
    public void Set(UInt128 key, ReadOnlySpan<int> records, bool stopped)
    {
        int[] distinct = [.. new SortedSet<int>(records.ToArray())];
        if (distinct.Length > 0)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(distinct[0], nameof(records));
        }

        if (distinct.Length > _limit)
        {
            distinct = distinct[.._limit];
            stopped = true;
        }

        if (distinct.Length == 0 && !stopped)
        {
            RemoveAll(key);
        }
        else
        {
            Store(key, distinct, stopped);
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

    private void Store(UInt128 key, int[] records, bool stopped)
    {
        int list = ListOf(key);
        if (records.Length == 1 && !stopped)
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

        Volatile.Write(ref _lists[list], new RecordList(key, records, stopped));
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

    private sealed record RecordList(UInt128 Key, int[] Records, bool Stopped);
}
