using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gateway.Matching.Index;

/// <summary>
/// The known-identifier table: what a node knows of an identifier, by the SipHash-128 of its encoding under the node's own key. One thread writes; any number read,
/// without locks or allocation, and see each identifier as it was before or after a change, never between.
/// </summary>
/// <remarks>
/// <para>A slot is 8 bytes: 63 bits of the hash, and one that says "has hits". The bucket follows from the same 63 bits, so a table is rebuilt from itself. An identifier
/// taken for known though it is not would be cleared wrongly: with n known the probability is n / 2^63 for each other one, 1.1·10^-12 at 10 million; over
/// the whole life of a node with 40 million distinct identifiers (n²/2 / 2^63) it is below 1 in 10,000 that it ever happens once. The hash is keyed by the node,
/// so nobody can look for such a pair. Hits lie in a second table under 96 bits of the hash; a slot that says "has hits" without an entry there belongs to
/// another identifier, and the one asked for is unknown.</para>
/// <para>Order of writes: hits are there before the bit says so and go after it is cleared. So there is no moment at which a hit reads as clear.</para>
/// </remarks>
public sealed unsafe class KnownIdentifiers
{
    /// <summary>Hits an identifier may have before it is a stop value, unless stated otherwise.</summary>
    public const int DefaultStopValueAt = 1000;

    // After growing 68 % full, so never below: an identifier costs 10.0 to 11.8 bytes at any size, and a growth (20 to 50 ns an identifier, by one identifier in six) is small beside its evaluation.
    private const double FullLoad = 0.8;
    private const double LoadAfterGrowth = 0.68;
    private const int FewestBuckets = 64;

    // Identifiers between the request for a line and its use: two to three shipments.
    private const int Ahead = 32;

    private readonly Postings _hits;
    private BucketArray _table;
    private int _count;
    private long _used;

    /// <param name="expected">Identifiers to make room for at once; more come in all the same.</param>
    /// <param name="stopValueAt">Hits an identifier may have; with more it is a stop value.</param>
    public KnownIdentifiers(int expected = 0, int stopValueAt = DefaultStopValueAt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expected);
        // The keys are SipHash outputs under a secret key: no seed is needed on top.
        _hits = new Postings(seed: 0, stopValueAt);
        _table = new BucketArray(BucketArray.BucketsFor(expected, FullLoad, FewestBuckets));
    }

    /// <summary>Identifiers known.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Identifiers known that have hits or are stop values.</summary>
    internal int CountWithHits => _hits.Count;

    /// <summary>Bytes held for each identifier known, hits included.</summary>
    public double BytesPerIdentifier => (double)(Volatile.Read(ref _table).Bytes + _hits.Bytes) / Math.Max(1, Count);

    /// <summary>Looks up many identifiers, hiding the memory's latency by asking for lines ahead.</summary>
    /// <param name="hashes">Local hashes.</param>
    /// <param name="states">What is known of each; at least as long.</param>
    /// <exception cref="ArgumentException"><paramref name="states"/> is too short.</exception>
    public void Find(ReadOnlySpan<UInt128> hashes, Span<KnownState> states)
    {
        if (!Vector256.IsHardwareAccelerated || !Sse.IsSupported)
        {
            FindPlainly(hashes, states);
            return;
        }

        CheckLength(hashes, states);
        BucketArray table = Volatile.Read(ref _table);
        for (int i = 0; i < Math.Min(Ahead, hashes.Length); i++)
        {
            Sse.Prefetch0(table.Bucket(table.Home(KnownSlots.KeyOf(hashes[i]))));
        }

        for (int i = 0; i < hashes.Length; i++)
        {
            if (i + Ahead < hashes.Length)
            {
                Sse.Prefetch0(table.Bucket(table.Home(KnownSlots.KeyOf(hashes[i + Ahead]))));
            }

            KnownState state = KnownSlots.FindVector(table, KnownSlots.KeyOf(hashes[i]));
            states[i] = state == KnownState.Hit ? Resolve(hashes[i]) : state;
        }

        GC.KeepAlive(table);
    }

    /// <summary>The same by a plain loop: the twin that tests compare with, and the way on processors without 256-bit vectors.</summary>
    internal void FindPlainly(ReadOnlySpan<UInt128> hashes, Span<KnownState> states)
    {
        CheckLength(hashes, states);
        for (int i = 0; i < hashes.Length; i++)
        {
            KnownState state = KnownSlots.FindScalar(Volatile.Read(ref _table), KnownSlots.KeyOf(hashes[i]));
            states[i] = state == KnownState.Hit ? Resolve(hashes[i]) : state;
        }
    }

    /// <summary>What is known of one identifier.</summary>
    public KnownState Find(UInt128 hash)
    {
        KnownState state;
        if (Vector256.IsHardwareAccelerated)
        {
            BucketArray table = Volatile.Read(ref _table);
            state = KnownSlots.FindVector(table, KnownSlots.KeyOf(hash));
            GC.KeepAlive(table);
        }
        else
        {
            state = KnownSlots.FindScalar(Volatile.Read(ref _table), KnownSlots.KeyOf(hash));
        }

        return state == KnownState.Hit ? Resolve(hash) : state;
    }

    /// <summary>The live records that have this identifier, ascending; empty if none. A snapshot that does not change. Of a stop value too: all of them.</summary>
    public ReadOnlySpan<int> HitsOf(UInt128 hash)
    {
        _hits.TryFind(hash, out ReadOnlySpan<int> records, out _);
        return records;
    }

    /// <summary>Makes an identifier known with exactly these hits, in one step for readers; what was known of it before is replaced. Writer only.</summary>
    /// <param name="hash">Local hash.</param>
    /// <param name="records">Numbers (0 or more) of the live records that have it; usually none.</param>
    public void Add(UInt128 hash, ReadOnlySpan<int> records = default)
    {
        ulong key = KnownSlots.KeyOf(hash);
        if (records.IsEmpty)
        {
            Put(key, hasHits: false);
            _hits.RemoveAll(hash);
            return;
        }

        _hits.Set(hash, records);
        Put(key, hasHits: true);
    }

    /// <summary>Adds a hit to a known identifier. Writer only.</summary>
    /// <returns>Whether the identifier is known; if not, nothing is changed, because all its hits will come with <see cref="Add"/>.</returns>
    public bool AddHit(UInt128 hash, int record)
    {
        ulong key = KnownSlots.KeyOf(hash);
        if (!KnownSlots.Locate(_table, key, out ulong* slot))
        {
            return false;
        }

        _hits.Add(hash, record);
        Volatile.Write(ref *slot, key | KnownSlots.HasHits);
        return true;
    }

    /// <summary>Removes a hit. Writer only.</summary>
    /// <returns>Whether the identifier had it.</returns>
    /// <remarks>Which identifiers a record hits its own tags tell (<see cref="WatchedTags"/>): no index from records to identifiers is kept here.</remarks>
    public bool RemoveHit(UInt128 hash, int record)
    {
        if (!_hits.TryFind(hash, out ReadOnlySpan<int> records, out _) || records.BinarySearch(record) < 0)
        {
            return false;
        }

        if (records.Length == 1)
        {
            Put(KnownSlots.KeyOf(hash), hasHits: false);
        }

        return _hits.Remove(hash, record);
    }

    /// <summary>Forgets an identifier: it is unknown again. Writer only.</summary>
    /// <returns>Whether it was known.</returns>
    public bool Remove(UInt128 hash)
    {
        bool known = KnownSlots.Locate(_table, KnownSlots.KeyOf(hash), out ulong* slot);
        if (known)
        {
            Volatile.Write(ref *slot, KnownSlots.Removed);
            Volatile.Write(ref _count, _count - 1);
            _hits.RemoveAll(hash);
        }

        return known;
    }

    private static void CheckLength(ReadOnlySpan<UInt128> hashes, Span<KnownState> states)
    {
        if (states.Length < hashes.Length)
        {
            throw new ArgumentException($"{hashes.Length} identifiers need as many states; there is room for {states.Length}.", nameof(states));
        }
    }

    private KnownState Resolve(UInt128 hash)
    {
        // Hits taken away since the slot was read have cleared its bit first, so reading it again tells. Every further turn takes the writer a whole removal and
        // addition; a slot that keeps its bit without hits is another identifier's.
        for (int turn = 0; turn < 16; turn++)
        {
            if (_hits.TryFind(hash, out _, out bool isLarge))
            {
                return isLarge ? KnownState.StopValue : KnownState.Hit;
            }

            KnownState state = KnownSlots.FindScalar(Volatile.Read(ref _table), KnownSlots.KeyOf(hash));
            if (state != KnownState.Hit)
            {
                return state;
            }
        }

        return KnownState.Unknown;
    }

    private void Put(ulong key, bool hasHits)
    {
        if (!KnownSlots.Locate(_table, key, out ulong* slot))
        {
            if (_used + 1 > _table.SlotCount * FullLoad)
            {
                Rebuild();
                KnownSlots.Locate(_table, key, out slot);
            }

            _used += *slot == 0 ? 1 : 0;
            Volatile.Write(ref _count, _count + 1);
        }

        Volatile.Write(ref *slot, hasHits ? key : key & ~KnownSlots.HasHits);
    }

    private void Rebuild()
    {
        BucketArray old = _table;
        BucketArray fresh = new(BucketArray.BucketsFor(_count + 1L, LoadAfterGrowth, FewestBuckets));
        for (long i = 0; i < old.SlotCount; i++)
        {
            ulong slot = *old.Slot(i);
            if (slot > KnownSlots.Removed)
            {
                *KnownSlots.FirstEmpty(fresh, slot | KnownSlots.HasHits) = slot;
            }
        }

        GC.KeepAlive(old);
        _used = _count;
        Volatile.Write(ref _table, fresh);
    }
}
