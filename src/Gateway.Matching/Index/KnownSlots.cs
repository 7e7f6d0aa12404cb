using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Gateway.Matching.Index;

/// <summary>
/// What the slots of <see cref="KnownIdentifiers"/> mean: 0 is empty, <see cref="Removed"/> was used once and does not end a search, anything else is 63 bits of a hash
/// above the bit <see cref="HasHits"/>. A search goes from bucket to bucket until one has an empty slot.
/// </summary>
internal static unsafe class KnownSlots
{
    public const ulong Removed = 1;
    public const ulong HasHits = 1;

    /// <summary>63 bits of the hash over a set lowest bit; never <see cref="Removed"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeyOf(UInt128 hash)
    {
        ulong key = (ulong)hash | HasHits;
        return key == Removed ? 3 : key;
    }

    /// <summary>Unknown, Clear, or Hit for "has hits".</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KnownState FindVector(BucketArray table, ulong key)
    {
        Vector256<ulong> sought = Vector256.Create(key);
        Vector256<ulong> lowest = Vector256.Create(HasHits);
        for (uint bucket = table.Home(key); ; bucket = table.Next(bucket))
        {
            ulong* slots = table.Bucket(bucket);
            Vector256<ulong> first = Vector256.LoadAligned(slots);
            Vector256<ulong> second = Vector256.LoadAligned(slots + 4);
            if ((Vector256.Equals(first | lowest, sought) | Vector256.Equals(second | lowest, sought)) != Vector256<ulong>.Zero)
            {
                bool hasHits = (Vector256.Equals(first, sought) | Vector256.Equals(second, sought)) != Vector256<ulong>.Zero;
                return hasHits ? KnownState.Hit : KnownState.Clear;
            }

            if ((Vector256.Equals(first, Vector256<ulong>.Zero) | Vector256.Equals(second, Vector256<ulong>.Zero)) != Vector256<ulong>.Zero)
            {
                return KnownState.Unknown;
            }
        }
    }

    /// <summary>The same, slot by slot.</summary>
    public static KnownState FindScalar(BucketArray table, ulong key)
    {
        for (uint bucket = table.Home(key); ; bucket = table.Next(bucket))
        {
            ulong* slots = table.Bucket(bucket);
            bool last = false;
            for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
            {
                ulong slot = Volatile.Read(ref slots[i]);
                if ((slot | HasHits) == key)
                {
                    GC.KeepAlive(table);
                    return slot == key ? KnownState.Hit : KnownState.Clear;
                }

                last |= slot == 0;
            }

            if (last)
            {
                GC.KeepAlive(table);
                return KnownState.Unknown;
            }
        }
    }

    /// <summary>The slot of a key, or the one it would go to. Writer only.</summary>
    public static bool Locate(BucketArray table, ulong key, out ulong* slot)
    {
        ulong* free = null;
        for (uint bucket = table.Home(key); ; bucket = table.Next(bucket))
        {
            ulong* slots = table.Bucket(bucket);
            bool last = false;
            for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
            {
                slot = slots + i;
                if ((*slot | HasHits) == key)
                {
                    return true;
                }

                free = *slot <= Removed && free == null ? slot : free;
                last |= *slot == 0;
            }

            if (last)
            {
                slot = free;
                return false;
            }
        }
    }

    /// <summary>Where a key goes in a table that nobody reads yet and that does not hold it.</summary>
    public static ulong* FirstEmpty(BucketArray table, ulong key)
    {
        for (uint bucket = table.Home(key); ; bucket = table.Next(bucket))
        {
            ulong* slots = table.Bucket(bucket);
            for (int i = 0; i < BucketArray.SlotsPerBucket; i++)
            {
                if (slots[i] == 0)
                {
                    return slots + i;
                }
            }
        }
    }
}
