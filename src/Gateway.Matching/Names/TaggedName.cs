using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>A name of the member's own with the tags of its keys in one circle and epoch: the asking side of an alignment. Made once, scored against many records.</summary>
public sealed class TaggedName
{
    private readonly Dictionary<UInt128, AskingKey[]> _keys = [];

    /// <param name="name">The name.</param>
    /// <param name="tagOf">The tag of an identifier in the circle and epoch of the record; null where it is not known yet (pending).</param>
    public TaggedName(KeyedName name, Func<Identifier, UInt128?> tagOf)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tagOf);
        Name = name;
        Exact = new UInt128?[name.Words.Count];
        foreach (Identifier identifier in name.Identifiers)
        {
            Pending += tagOf(identifier) is null ? 1 : 0;
        }

        for (int i = 0; i < name.Words.Count; i++)
        {
            KeyedWord word = name.Words[i];
            Exact[i] = tagOf(word.Exact);
            Add(word.Exact, i, NameKeyClass.Exact);
            AddAll(word.Spellings, i, NameKeyClass.Spelling);
            AddAll(word.Skeletons, i, NameKeyClass.Skeleton);
            AddAll(word.Deletions, i, NameKeyClass.Deletion);
            AddAll(word.JoinedWithNext, i, NameKeyClass.Joined);
        }

        if (name.Initials is { } initials)
        {
            Add(initials, 0, NameKeyClass.Initials);
        }

        void AddAll(IReadOnlyList<Identifier> identifiers, int word, NameKeyClass keyClass)
        {
            foreach (Identifier identifier in identifiers)
            {
                Add(identifier, word, identifier.Type == IdentifierType.NamePhonetic ? NameKeyClass.Phonetic : keyClass);
            }
        }

        void Add(Identifier identifier, int word, NameKeyClass keyClass)
        {
            if (tagOf(identifier) is { } tag)
            {
                AskingKey key = new((byte)word, keyClass);
                _keys[tag] = _keys.TryGetValue(tag, out AskingKey[]? others) ? [.. others, key] : [key];
            }
        }
    }

    /// <summary>The name in clear.</summary>
    public KeyedName Name { get; }

    /// <summary>The tags known, each once, for looking records up.</summary>
    public IReadOnlyCollection<UInt128> Tags => _keys.Keys;

    /// <summary>Identifiers whose tag is not known: the name's score is too low by what they would have met.</summary>
    public int Pending { get; }

    internal UInt128?[] Exact { get; }

    internal ReadOnlySpan<AskingKey> Find(UInt128 tag) => _keys.TryGetValue(tag, out AskingKey[]? keys) ? keys : [];
}

/// <summary>What a tag is to the asking name.</summary>
internal readonly record struct AskingKey(byte Word, NameKeyClass Class);
