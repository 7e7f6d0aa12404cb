using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;

namespace Gateway.Benchmarks.Quality;

/// <summary>Names as records carry them, tags and layouts only, with an index from tag to names; finds and scores what resembles an asking name.</summary>
internal sealed class NameIndex
{
    // As the node's index does, a tag of more names than this finds nothing; it still counts in the alignment.
    private const int StopValueAt = 3_000;
    private const int MostScored = 60;

    private readonly List<(NameLayout Layout, UInt128[] Tags)> _names = [];
    private readonly Dictionary<UInt128, List<int>> _postings = [];
    private readonly Func<Identifier, UInt128> _tagOf;

    /// <param name="tagOf">The tag of an identifier.</param>
    public NameIndex(Func<Identifier, UInt128> tagOf)
    {
        _tagOf = tagOf;
        Frequencies = new TagFrequencies(tag => _postings.TryGetValue(tag, out List<int>? names) ? names.Count : 0, () => _names.Count);
    }

    /// <summary>Names indexed.</summary>
    public int Count => _names.Count;

    /// <summary>Tags that at least one name has, and those that exactly one has.</summary>
    public (int All, int Unique) Tags => (_postings.Count, _postings.Values.Count(names => names.Count == 1));

    /// <summary>How common tags are.</summary>
    public TagFrequencies Frequencies { get; }

    /// <summary>Adds a name; its number is the count before.</summary>
    public void Add(KeyedName name)
    {
        (NameLayout layout, UInt128[] tags) = LayOut(name);
        foreach (UInt128 tag in tags)
        {
            if (!_postings.TryGetValue(tag, out List<int>? names)) _postings[tag] = names = [];
            names.Add(_names.Count);
        }

        _names.Add((layout, tags));
    }

    /// <summary>What a record says of the name.</summary>
    public (NameLayout Layout, UInt128[] Tags) LayOut(KeyedName name)
    {
        UInt128[] tags = [.. name.Identifiers.Select(_tagOf).Distinct().Order()];
        return (NameLayout.Of(name, identifier => Array.BinarySearch(tags, _tagOf(identifier))), tags);
    }

    /// <summary>The asking side of a name.</summary>
    public TaggedName Ask(KeyedName name) => new(name, identifier => _tagOf(identifier));

    /// <summary>The score against one indexed name.</summary>
    public NameScore Score(TaggedName query, int name) => NameAlignment.Score(query, _names[name].Layout, _names[name].Tags, Frequencies);

    /// <summary>The indexed names that share a tag, the likeliest ones with their score.</summary>
    public IEnumerable<(int Name, NameScore Score)> Find(TaggedName query)
    {
        Dictionary<int, double> rough = [];
        foreach (UInt128 tag in query.Tags)
        {
            if (_postings.TryGetValue(tag, out List<int>? names) && names.Count <= StopValueAt)
            {
                double bits = Frequencies.Bits(tag);
                foreach (int name in names) rough[name] = rough.GetValueOrDefault(name) + bits;
            }
        }

        return rough.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).Take(MostScored).Select(entry => (entry.Key, Score(query, entry.Key)));
    }
}
