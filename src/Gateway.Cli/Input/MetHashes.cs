namespace Gateway.Cli.Input;

/// <summary>
/// Hashes that were met before. They are drawn under a secret key, so they are spread evenly as they are: a place is the hash's own lowest bits, in one array, and asking costs one line of memory where a
/// general set costs two. At most half full.
/// </summary>
internal sealed class MetHashes
{
    private ulong[] _places = new ulong[1_024];

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a hash; false where it was met before.</summary>
    public bool Add(ulong hash)
    {
        if (!Put(_places, hash == 0 ? 1 : hash)) return false;
        if (2 * ++Count <= _places.Length) return true;
        ulong[] wider = new ulong[2 * _places.Length];
        foreach (ulong one in _places)
        {
            if (one != 0) Put(wider, one);
        }

        _places = wider;
        return true;
    }

    private static bool Put(ulong[] places, ulong hash)
    {
        int last = places.Length - 1;
        for (int place = (int)hash & last; ; place = (place + 1) & last)
        {
            if (places[place] == hash) return false;
            if (places[place] != 0) continue;
            places[place] = hash;
            return true;
        }
    }
}
