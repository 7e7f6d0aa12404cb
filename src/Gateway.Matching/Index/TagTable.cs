using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Matching.Index;

/// <summary>
/// A map from 16-byte values to small ones for one writer and many readers; readers neither lock nor allocate. A slot holds 32 bits of the key and
/// the number of an entry; the entry holds 64 further bits of the key, and the value. So 96 bits are kept and compared: among 40 million keys and 100
/// million look-ups a wrong match has probability 2^-44.
/// </summary>
/// <remarks>
/// An entry is written once, before its slot is published, and never changed or used again: a reader that holds a slot may follow it at any later time. A
/// changed value gets a new entry; what is left behind goes when the table is rebuilt into a new <see cref="State"/>, while readers of the old one finish on it.
/// </remarks>
internal sealed unsafe class TagTable<T> where T : unmanaged
{
    private const int ChunkLength = 4096;
    private const double FullLoad = 0.8;
    private const double LoadAfterGrowth = 0.68; // As in KnownIdentifiers: 10.0 to 11.8 bytes a slot.
    private const int FewestBuckets = 64;

    // Number part zero, so it never names an entry, and not the empty slot.
    private const ulong Removed = 1UL << 32;

    private readonly ulong _seedHigh;
    private readonly ulong _seedLow;
    private State _state;
    private int _entries;
    private int _live;
    private long _used;

    /// <param name="seed">Random and secret where strangers choose the keys: else they could choose keys that all fall into one bucket.</param>
    /// <param name="expected">Keys to make room for at once; more come in all the same.</param>
    public TagTable(UInt128 seed, int expected = 0)
    {
        _seedHigh = (ulong)(seed >> 64);
        _seedLow = (ulong)seed;
        _state = new State(new BucketArray(BucketArray.BucketsFor(expected, FullLoad, FewestBuckets)));
    }

    /// <summary>Keys present.</summary>
    public int Count => Volatile.Read(ref _live);

    /// <summary>Bytes held, garbage included.</summary>
    public long Bytes
    {
        get
        {
            State state = Volatile.Read(ref _state);
            int chunks = state.Chunks.Count(chunk => chunk is not null);
            return state.Buckets.Bytes + ((long)state.Chunks.Length * sizeof(nint)) + ((long)chunks * ChunkLength * Unsafe.SizeOf<Entry>());
        }
    }

    /// <summary>The value of a key, by reference to memory that stays as it is; a null reference if the key is absent.</summary>
    public ref readonly T Find(UInt128 key)
    {
        State state = Volatile.Read(ref _state);
        ulong high = (ulong)(key >> 64);
        uint mark = (uint)key;
        BucketArray buckets = state.Buckets;
        for (uint bucket = buckets.Home(Position(high, mark)); ; bucket = buckets.Next(bucket))
        {
            ulong* slots = buckets.Bucket(bucket);
            bool last = false;
            for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
            {
                ulong slot = Volatile.Read(ref slots[i]);
                if ((uint)(slot >> 32) == mark && (uint)slot != 0)
                {
                    ref readonly Entry entry = ref state.EntryAt((uint)slot);
                    if (entry.High == high)
                    {
                        GC.KeepAlive(state);
                        return ref entry.Value;
                    }
                }

                last |= slot == 0;
            }

            if (last)
            {
                GC.KeepAlive(state);
                return ref Unsafe.NullRef<T>();
            }
        }
    }

    /// <summary>Sets the value of a key, present or not. Writer only.</summary>
    public void Set(UInt128 key, T value)
    {
        if (_used + 1 > _state.Buckets.SlotCount * FullLoad || _entries == _state.Chunks.Length * ChunkLength)
        {
            Rebuild();
        }

        ulong high = (ulong)(key >> 64);
        uint mark = (uint)key;
        bool present = Locate(high, mark, out ulong* slot);
        uint number = Append(_state, high, value);
        if (!present)
        {
            _used += *slot == 0 ? 1 : 0;
            Volatile.Write(ref _live, _live + 1);
        }

        Volatile.Write(ref *slot, ((ulong)mark << 32) | number);
    }

    /// <summary>Removes a key. Writer only.</summary>
    /// <returns>Whether it was present.</returns>
    public bool Remove(UInt128 key)
    {
        if (!Locate((ulong)(key >> 64), (uint)key, out ulong* slot))
        {
            return false;
        }

        Volatile.Write(ref *slot, Removed);
        Volatile.Write(ref _live, _live - 1);
        return true;
    }

    // Folded multiplication with a secret: strangers who choose keys do not choose buckets.
    private ulong Position(ulong high, uint mark)
    {
        ulong top = Math.BigMul(high ^ _seedHigh, mark ^ _seedLow, out ulong bottom);
        return top ^ bottom;
    }

    /// <summary>The slot of a key, or the one it would go to.</summary>
    private bool Locate(ulong high, uint mark, out ulong* slot)
    {
        State state = _state;
        BucketArray buckets = state.Buckets;
        ulong* free = null;
        for (uint bucket = buckets.Home(Position(high, mark)); ; bucket = buckets.Next(bucket))
        {
            ulong* slots = buckets.Bucket(bucket);
            for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
            {
                slot = slots + i;
                ulong value = *slot;
                if ((uint)value == 0)
                {
                    free = free == null ? slot : free;
                }
                else if ((uint)(value >> 32) == mark && state.EntryAt((uint)value).High == high)
                {
                    return true;
                }
            }

            if (HasEmpty(slots))
            {
                slot = free;
                return false;
            }
        }
    }

    private static bool HasEmpty(ulong* slots)
    {
        bool empty = false;
        for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
        {
            empty |= slots[i] == 0;
        }

        return empty;
    }

    private uint Append(State state, ulong high, T value)
    {
        ref Entry[]? chunk = ref state.Chunks[_entries / ChunkLength];
        chunk ??= new Entry[ChunkLength];
        chunk[_entries % ChunkLength] = new Entry { High = high, Value = value };
        return (uint)++_entries;
    }

    private void Rebuild()
    {
        State old = _state;
        State fresh = new(new BucketArray(BucketArray.BucketsFor(_live + 1L, LoadAfterGrowth, FewestBuckets)));
        bool compact = _entries - _live > _live / 4;
        if (compact)
        {
            _entries = 0;
        }
        else
        {
            // Few entries are garbage, and none changes: both states can share them.
            Array.Copy(old.Chunks, fresh.Chunks, (_entries + ChunkLength - 1) / ChunkLength);
        }

        for (long i = 0; i < old.Buckets.SlotCount; i++)
        {
            ulong slot = *old.Buckets.Slot(i);
            if ((uint)slot == 0)
            {
                continue;
            }

            Entry entry = old.EntryAt((uint)slot);
            uint mark = (uint)(slot >> 32);
            uint number = compact ? Append(fresh, entry.High, entry.Value) : (uint)slot;
            *FirstEmpty(fresh.Buckets, Position(entry.High, mark)) = ((ulong)mark << 32) | number;
        }

        _used = _live;
        Volatile.Write(ref _state, fresh);
    }

    private static ulong* FirstEmpty(BucketArray buckets, ulong position)
    {
        for (uint bucket = buckets.Home(position); ; bucket = buckets.Next(bucket))
        {
            ulong* slots = buckets.Bucket(bucket);
            for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
            {
                if (slots[i] == 0)
                {
                    return slots + i;
                }
            }
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    [SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
    private struct Entry
    {
        public ulong High;
        public T Value;
    }

    /// <summary>Slots and the entries they name, replaced together. Room for chunks is there from the start, so no reader meets a slot whose chunk it cannot see.</summary>
    private sealed class State(BucketArray buckets)
    {
        public BucketArray Buckets { get; } = buckets;

        public Entry[]?[] Chunks { get; } = new Entry[]?[(buckets.SlotCount / ChunkLength) + 2];

        public ref Entry EntryAt(uint number) => ref Chunks[(number - 1) / ChunkLength]![(number - 1) % ChunkLength];
    }
}
