using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Names;

/// <summary>A name of the member's own with the tags of its keys in one circle and epoch: the asking side of an alignment. Made once, scored against many records.</summary>
public sealed class TaggedName
{
    private readonly Dictionary<UInt128, List<TaggedKey>> _keys = [];
    private readonly UInt128?[] _exact;
    private AskingName? _prepared;

    /// <param name="name">The name.</param>
    /// <param name="tagOf">The tag of an identifier in the circle and epoch of the record; null where it is not known yet (pending).</param>
    public TaggedName(KeyedName name, Func<Identifier, UInt128?> tagOf)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tagOf);
        Name = name;
        _exact = new UInt128?[name.Words.Count];
        HashSet<Identifier> pending = [];
        for (int i = 0; i < name.Words.Count; i++)
        {
            KeyedWord word = name.Words[i];
            _exact[i] = tagOf(word.Exact);
            Add(word.Exact, i, NameKeyClass.Exact, 0);
            AddAll(word.Spellings, i, NameKeyClass.Spelling);
            AddAll(word.Skeletons, i, NameKeyClass.Skeleton);
            AddAll(word.Deletions, i, NameKeyClass.Deletion);
            AddAll(word.JoinedWithNext, i, NameKeyClass.Joined);
        }

        if (name.Initials is { } initials)
        {
            Add(initials, 0, NameKeyClass.Initials, 0);
        }

        Pending = pending.Count;

        void AddAll(IReadOnlyList<Identifier> identifiers, int word, NameKeyClass keyClass)
        {
            for (int rank = 0; rank < identifiers.Count; rank++)
            {
                Add(identifiers[rank], word, keyClass, rank);
            }
        }

        void Add(Identifier identifier, int word, NameKeyClass keyClass, int rank)
        {
            if (tagOf(identifier) is not { } tag)
            {
                pending.Add(identifier);
                return;
            }

            // Skeletons and sounds of two words joined stay apart from those of one.
            keyClass = (keyClass, identifier.Type) switch
            {
                (NameKeyClass.Skeleton, IdentifierType.NamePhonetic) => NameKeyClass.Phonetic,
                (NameKeyClass.Joined, IdentifierType.NameSkeleton) => NameKeyClass.JoinedSkeleton,
                (NameKeyClass.Joined, IdentifierType.NamePhonetic) => NameKeyClass.JoinedPhonetic,
                _ => keyClass,
            };
            if (!_keys.TryGetValue(tag, out List<TaggedKey>? keys))
            {
                _keys[tag] = keys = [];
            }

            keys.Add(new TaggedKey(word, keyClass, rank, Most(identifier)));
        }
    }

    // However few records have it, a short or common-sounding word is met by chance: what its letters say bounds what it is worth.
    private static double Most(Identifier identifier) => identifier.Type switch
    {
        IdentifierType.NameWord => AlignmentWeights.SurpriseWorth * Transliteration.Surprise(identifier.Value),
        IdentifierType.NameInitials => 4.0 * identifier.Value.Length,
        _ when identifier.Value[0] == '=' => AlignmentWeights.SurpriseWorth * Transliteration.Surprise(identifier.Value.AsSpan(1)),
        _ => AlignmentWeights.SignWorth * identifier.Value.Length,
    };

    /// <summary>The name in clear.</summary>
    public KeyedName Name { get; }

    /// <summary>The tags known, each once, for looking records up.</summary>
    public IReadOnlyCollection<UInt128> Tags => _keys.Keys;

    /// <summary>Identifiers whose tag is not known: the name's score is too low by what they would have met.</summary>
    public int Pending { get; }

    // What words are worth changes slowly: a name keeps the figures of the first time it is scored with these frequencies.
    internal AskingName With(TagFrequencies frequencies) => _prepared is { } prepared && prepared.Frequencies == frequencies ? prepared : _prepared = new AskingName(this, frequencies);

    internal UInt128? ExactTag(int word) => _exact[word];

    internal IEnumerable<(UInt128 Tag, List<TaggedKey> Keys)> Keys => _keys.Select(entry => (entry.Key, entry.Value));
}

/// <summary>What a tag is to a name: the key's word, its class, its place in that class's list, and the most it may be worth in bits.</summary>
internal readonly record struct TaggedKey(int Word, NameKeyClass Class, int Rank, double Most);
