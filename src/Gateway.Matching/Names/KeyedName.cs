using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Names;

/// <summary>A name as NAME keys see it: its distinctive words in the order written, without legal forms and the commonest words. Made by <see cref="NameKeys"/>.</summary>
/// <param name="Words">At most 16; empty for a name without letters.</param>
/// <param name="Initials">Initials of the name's words, or the name itself where it is one short word (NameInitials); null where there are none.</param>
public sealed record KeyedName(IReadOnlyList<KeyedWord> Words, Identifier? Initials)
{
    /// <summary>Every identifier of the name once, in a fixed order: what is looked up, evaluated, and tagged in a record.</summary>
    public IReadOnlyList<Identifier> Identifiers { get; } =
        [.. Words.SelectMany(word => (IEnumerable<Identifier>)
            [word.Exact, .. word.Spellings, .. word.JoinedWithNext, .. word.Skeletons, .. word.Deletions])
            .Concat(Initials is { } initials ? [initials] : [])
            .Distinct()];

    /// <summary>The number of words: a name is personal data and stays out of logs.</summary>
    public override string ToString() => $"name of {Words.Count} words";
}
