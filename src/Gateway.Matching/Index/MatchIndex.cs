using System.Runtime.InteropServices;

namespace Gateway.Matching.Index;

/// <summary>
/// What a node screens with: known identifiers, the tags of live records, and the tags of known identifiers, changed together so that they agree. One thread writes;
/// <see cref="Known"/> may be read by any number meanwhile.
/// </summary>
/// <param name="seed">16 random bytes, fresh at each start.</param>
/// <param name="expectedIdentifiers">Identifiers to make room for at once.</param>
/// <param name="stopValueAt">Records an identifier or tag may have before it is a stop value.</param>
/// <param name="expectedTags">Tags of known identifiers to make room for at once.</param>
public sealed class MatchIndex(UInt128 seed, int expectedIdentifiers = 0, int expectedTags = 0, int stopValueAt = KnownIdentifiers.DefaultStopValueAt)
{
    /// <summary>What is known of each identifier.</summary>
    public KnownIdentifiers Known { get; } = new(expectedIdentifiers, stopValueAt);

    /// <summary>The live records by tag.</summary>
    public TagIndex Records { get; } = new(seed, stopValueAt);

    /// <summary>The known identifiers by tag.</summary>
    public WatchedTags Watched { get; } = new(seed, expectedTags);

    /// <summary>An identifier has been evaluated, or a known one got tags in a new circle or epoch. It is known with its hits at once, never clear in between.</summary>
    /// <param name="hash">Its local hash.</param>
    /// <param name="tags">Its tags, one a circle and epoch.</param>
    public void Learn(UInt128 hash, ReadOnlySpan<UInt128> tags)
    {
        List<int> hits = [.. Known.HitsOf(hash)];
        foreach (UInt128 tag in tags)
        {
            Watched.Add(tag, hash);
            hits.AddRange(Records.Find(tag));
        }

        Known.Add(hash, CollectionsMarshal.AsSpan(hits));
    }

    /// <summary>An identifier is forgotten: it is unknown again, and no new record will meet it.</summary>
    /// <param name="hash">Its local hash.</param>
    /// <param name="tags">All its tags.</param>
    public void Forget(UInt128 hash, ReadOnlySpan<UInt128> tags)
    {
        Known.Remove(hash);
        foreach (UInt128 tag in tags)
        {
            Watched.Remove(tag);
        }
    }

    /// <summary>A record has arrived.</summary>
    /// <param name="record">Its number, 0 or more.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="met">Receives the local hashes of the known identifiers it has: what the member has already seen (retro-match).</param>
    public void AddRecord(int record, ReadOnlySpan<UInt128> tags, ICollection<UInt128> met)
    {
        ArgumentNullException.ThrowIfNull(met);
        Records.Add(record, tags);
        foreach (UInt128 tag in tags)
        {
            if (Watched.TryFind(tag, out UInt128 hash) && Known.AddHit(hash, record))
            {
                met.Add(hash);
            }
        }
    }

    /// <summary>A record was withdrawn or has expired.</summary>
    /// <param name="record">Its number.</param>
    /// <param name="tags">The tags it was added with.</param>
    public void RemoveRecord(int record, ReadOnlySpan<UInt128> tags)
    {
        Records.Remove(record, tags);
        foreach (UInt128 tag in tags)
        {
            if (Watched.TryFind(tag, out UInt128 hash))
            {
                Known.RemoveHit(hash, record);
            }
        }
    }
}
