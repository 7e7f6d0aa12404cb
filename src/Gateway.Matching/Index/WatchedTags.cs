using System.Runtime.CompilerServices;

namespace Gateway.Matching.Index;

/// <summary>
/// The tags of the known identifiers in every circle and epoch, each with the local hash of its identifier: when a record arrives, its tags are looked up here, so
/// that it meets what the member has already seen (retro-match). One writer, many readers; readers neither lock nor allocate.
/// </summary>
public sealed class WatchedTags
{
    private readonly TagTable<UInt128> _table;

    /// <param name="seed">Random, from a cryptographic source: records bring tags that strangers chose.</param>
    /// <param name="expected">Tags to make room for at once; more come in all the same.</param>
    public WatchedTags(UInt128 seed, int expected = 0) => _table = new TagTable<UInt128>(seed, expected);

    /// <summary>Tags watched.</summary>
    public int Count => _table.Count;

    /// <summary>Bytes held for each tag.</summary>
    public double BytesPerTag => (double)_table.Bytes / Math.Max(1, Count);

    /// <summary>Watches a tag. Writer only.</summary>
    /// <param name="tag">The tag of an identifier in one circle and epoch.</param>
    /// <param name="hash">The identifier's local hash.</param>
    public void Add(UInt128 tag, UInt128 hash)
    {
        if (!TryFind(tag, out UInt128 present) || present != hash)
        {
            _table.Set(tag, hash);
        }
    }

    /// <summary>Stops watching a tag. Writer only.</summary>
    /// <returns>Whether it was watched.</returns>
    public bool Remove(UInt128 tag) => _table.Remove(tag);

    /// <summary>The known identifier that has this tag.</summary>
    public bool TryFind(UInt128 tag, out UInt128 hash)
    {
        ref readonly UInt128 value = ref _table.Find(tag);
        bool found = !Unsafe.IsNullRef(in value);
        hash = found ? value : default;
        return found;
    }
}
