using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>
/// Which of a record's name tags form which word of one name: the summary's NameLayout in plain types. Readable by the circle. Positions are 0-based places in the
/// record's name tags, after sorting and padding.
/// </summary>
/// <param name="Words">The distinctive words in the order written, at most 16. A last word without skeletons and deletions is the name's initials.</param>
public sealed record NameLayout(IReadOnlyList<WordLayout> Words)
{
    /// <summary>Lays a name out for its record.</summary>
    /// <param name="name">The name.</param>
    /// <param name="positionOf">The place of an identifier's tag in the record's name tags.</param>
    public static NameLayout Of(KeyedName name, Func<Identifier, int> positionOf)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(positionOf);
        List<WordLayout> words = new(name.Words.Count + 1);
        for (int i = 0; i < name.Words.Count; i++)
        {
            KeyedWord word = name.Words[i];

            // Two words written as one are a spelling of both, so that a reader sees which two it joins.
            IEnumerable<Identifier> spellings = word.Spellings
                .Concat(i > 0 ? name.Words[i - 1].JoinedWithNext : [])
                .Concat(word.JoinedWithNext);
            words.Add(new WordLayout(positionOf(word.Exact), [.. spellings.Concat(word.Skeletons).Select(positionOf).Distinct()], [.. word.Deletions.Select(positionOf)]));
        }

        if (name.Initials is { } initials)
        {
            words.Add(new WordLayout(positionOf(initials), [], []));
        }

        return new NameLayout(words);
    }

    /// <summary>Whether every position lies within the record's name tags: what arrives from others is checked before it is used.</summary>
    /// <param name="nameTagCount">Number of the record's name tags, 0 to 256.</param>
    public bool Fits(int nameTagCount) =>
        Words.Count <= NameKeys.MostWords + 1 && Words.All(word => word.Positions.Count() <= WordLayout.MostPositions && word.Positions.All(position => position >= 0 && position < nameTagCount));
}

/// <summary>The tags of one word, as positions in the record's name tags.</summary>
/// <param name="Exact">The word in Latin letters; of the initials, these.</param>
/// <param name="Skeletons">Skeletons, other spellings, and the word joined with a neighbour (which stands at both).</param>
/// <param name="Deletions">The word with one letter left out.</param>
public sealed record WordLayout(int Exact, IReadOnlyList<int> Skeletons, IReadOnlyList<int> Deletions)
{
    /// <summary>The most tags a word may have.</summary>
    public const int MostPositions = 64;

    /// <summary>Whether this stands for the initials of the name.</summary>
    public bool IsInitials => Skeletons.Count == 0 && Deletions.Count == 0;

    internal IEnumerable<int> Positions => Skeletons.Concat(Deletions).Prepend(Exact);
}
