using System.Runtime.CompilerServices;

namespace Gateway.Matching.Index;

/// <summary>
/// Memory of an open-addressing table: 64-byte buckets of eight 8-byte slots, each bucket one cache line. Zero is an empty slot. The memory is
/// pinned, so that a bucket has an address that can be prefetched; it lives as long as this object is referenced.
/// </summary>
internal sealed unsafe class BucketArray
{
    /// <summary>Slots of a bucket.</summary>
    public const int SlotsPerBucket = 8;

    private const int BytesPerBucket = SlotsPerBucket * sizeof(ulong);

    private readonly ulong[] _memory;
    private readonly ulong* _first;

    public BucketArray(int buckets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        BucketCount = (uint)buckets;
        _memory = GC.AllocateArray<ulong>(checked((buckets + 1) * SlotsPerBucket), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _memory[0]);
        _first = (ulong*)((address + BytesPerBucket - 1) & ~(nuint)(BytesPerBucket - 1));
    }

    /// <summary>Number of buckets; any number, not only powers of two, so that growing by less than double wastes little.</summary>
    public uint BucketCount { get; }

    /// <summary>Number of slots.</summary>
    public long SlotCount => (long)BucketCount * SlotsPerBucket;

    /// <summary>Bytes held.</summary>
    public long Bytes => (long)_memory.Length * sizeof(ulong);

    /// <summary>Buckets for so many entries at the given load.</summary>
    public static int BucketsFor(long entries, double load, int atLeast) =>
        Math.Max(atLeast, checked((int)Math.Ceiling(entries / (load * SlotsPerBucket))));

    /// <summary>The bucket a key starts at: its position as a fraction of 2^64, scaled to the number of buckets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Home(ulong position) => (uint)Math.BigMul(position, BucketCount, out _);

    /// <summary>The eight slots of a bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong* Bucket(uint bucket) => _first + ((nuint)bucket * SlotsPerBucket);

    /// <summary>The bucket after this one, round the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Next(uint bucket) => bucket + 1 == BucketCount ? 0 : bucket + 1;

    /// <summary>Any slot, by its place in the whole array.</summary>
    public ulong* Slot(long slot) => _first + slot;
}
