using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>A name as NAME keys see it: its distinctive words in the order written, without legal forms and the commonest words. Made by <see cref="NameKeys"/>.</summary>
/// <param name="Words">At most 16; empty for a name without letters.</param>
/// <param name="Initials">Initials of the name's words, or the name itself where it is one short word (NameInitials); null where there are none.</param>
public sealed record KeyedName(IReadOnlyList<KeyedWord> Words, Identifier? Initials)
{
    /// <summary>Single letters that stand alone ("J. Smith"): they have no keys, and each may stand for one word.</summary>
    public int LoneInitials { get; init; }

    /// <summary>Every identifier of the name once, in a fixed order: what is looked up, evaluated, and tagged in a record.</summary>
    public IReadOnlyList<Identifier> Identifiers { get; } = Once(Words, Initials);

    /// <summary>The number of words: a name is personal data and stays out of logs.</summary>
    public override string ToString() => $"name of {Words.Count} words";

    private static List<Identifier> Once(IReadOnlyList<KeyedWord> words, Identifier? initials)
    {
        HashSet<Identifier> seen = new(32 * words.Count);
        List<Identifier> once = new(32 * words.Count);
        foreach (KeyedWord word in words)
        {
            Take([word.Exact]);
            Take(word.Spellings);
            Take(word.JoinedWithNext);
            Take(word.Skeletons);
            Take(word.Deletions);
        }

        Take(initials is { } letters ? [letters] : []);
        return once;

        void Take(IReadOnlyList<Identifier> some)
        {
            for (int i = 0; i < some.Count; i++)
            {
                if (seen.Add(some[i]))
                {
                    once.Add(some[i]);
                }
            }
        }
    }
}
