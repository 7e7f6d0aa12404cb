using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>One distinctive word of a name with its keys by class. Each list is without duplicates; no identifier stands in two of them.</summary>
/// <param name="Written">The word as it was written, for explanations at the node that holds the name; never leaves it.</param>
public sealed record KeyedWord(string Written)
{
    /// <summary>The word in plain Latin letters (NameWord).</summary>
    public required Identifier Exact { get; init; }

    /// <summary>Other spellings of the word (NameWord): another romanisation, or what a dictionary says is the same word. At most 10.</summary>
    public IReadOnlyList<Identifier> Spellings { get; init; } = [];

    /// <summary>This word and the next one written as one (NameWord); empty for the last word. At most 7, of a name in ideographs, else one.</summary>
    public IReadOnlyList<Identifier> JoinedWithNext { get; init; } = [];

    /// <summary>Skeletons (NameSkeleton) and coarser sounds (NamePhonetic). At most 22.</summary>
    public IReadOnlyList<Identifier> Skeletons { get; init; } = [];

    /// <summary>The word with one letter left out (NameWord). At most 16; none for words of three letters and less.</summary>
    public IReadOnlyList<Identifier> Deletions { get; init; } = [];

    /// <summary>Whether letters of another alphabet stood in the word and were read as what they look like.</summary>
    public bool HasForeignLetters { get; init; }

    /// <summary>Whether the word is one letter away from one of the commonest words: probably a misspelt "limited", so its absence says little.</summary>
    public bool IsNearCommon { get; init; }

    /// <summary>Nothing: a word is personal data and stays out of logs.</summary>
    public override string ToString() => "word";
}
