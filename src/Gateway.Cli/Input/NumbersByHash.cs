namespace Gateway.Cli.Input;

/// <summary>Numbers by hashes under a secret key, kept as <see cref="MetHashes"/> keeps its own; 24 bytes each.</summary>
internal sealed class NumbersByHash
{
    private Place[] _places = new Place[1_024];

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a hash.</summary>
    public bool TryFind(UInt128 hash, out uint number)
    {
        ref Place place = ref Find(_places, hash);
        number = place.Number;
        return place.IsTaken;
    }

    /// <summary>Gives a hash a number.</summary>
    public void Set(UInt128 hash, uint number)
    {
        ref Place place = ref Find(_places, hash);
        if (!place.IsTaken) Count++;
        place = new Place(hash, number);
        if (2 * Count <= _places.Length) return;
        Place[] wider = new Place[2 * _places.Length];
        foreach (Place one in _places)
        {
            if (one.IsTaken) Find(wider, new UInt128(one.High, one.Low)) = one;
        }

        _places = wider;
    }

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        Array.Clear(_places);
        Count = 0;
    }

    private static ref Place Find(Place[] places, UInt128 hash)
    {
        int last = places.Length - 1;
        for (int place = (int)(ulong)hash & last; ; place = (place + 1) & last)
        {
            ref Place one = ref places[place];
            if (!one.IsTaken || (one.Low == (ulong)hash && one.High == (ulong)(hash >> 64))) return ref one;
        }
    }

    private readonly struct Place(UInt128 hash, uint number)
    {
        public readonly ulong Low = (ulong)hash, High = (ulong)(hash >> 64);
        public readonly uint Number = number;
        public readonly bool IsTaken = true;
    }
}
