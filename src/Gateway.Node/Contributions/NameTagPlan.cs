using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Matching.Names;
using Gateway.Protocol;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>
/// Which words of a case's names a circle gets to see as tags, and how they are laid out. Of more than fit, always the same are taken: name by name in the order stated, the name first, then the
/// aliases, whole names or none, without the words that leave a letter out; then those, word by word in the same order.
/// </summary>
internal sealed class NameTagPlan
{
    // The largest of RecordFormat.NameTagCounts.
    private const int MostTags = 256;

    private readonly HashSet<Identifier> _identifiers;
    private readonly List<KeyedName> _names;

    private NameTagPlan(List<KeyedName> names, HashSet<Identifier> identifiers)
    {
        _names = names;
        _identifiers = identifiers;
    }

    /// <summary>The NAME identifiers to tag.</summary>
    public IReadOnlyCollection<Identifier> Identifiers => _identifiers;

    /// <summary>Whether the words of a name are tagged: then who reads the circle may know the name.</summary>
    public bool TagsNames => _names.Count > 0;

    /// <summary>Whether a circle matches the name words of a party. A party that looks like a natural person is one, unless the circle takes everybody's.</summary>
    public static bool Matches(V1.NameMatching policy, Party party) => policy switch
    {
        V1.NameMatching.FuzzyAll => true,
        V1.NameMatching.FuzzyOrganisations => !KeysOf.LooksLikePerson(party),
        _ => false,
    };

    /// <summary>Chooses.</summary>
    /// <param name="subject">The case's subject.</param>
    /// <param name="policy">The circle's.</param>
    /// <param name="combinations">The case's COMPOUND identifiers, which may stand among the name tags too.</param>
    public static NameTagPlan Of(Party subject, V1.NameMatching policy, IEnumerable<Identifier> combinations)
    {
        List<KeyedName> names = [];
        HashSet<Identifier> chosen = [];
        if (!Matches(policy, subject)) return new NameTagPlan(names, chosen);
        int room = MostTags - combinations.Distinct().Count(identifier => !OpensRecord(identifier.Type, tagsNames: true));
        NameKeyBuffer buffer = new();
        foreach (string text in subject.Aliases.Prepend(subject.Name).Distinct(StringComparer.Ordinal))
        {
            KeyedName name = NameKeys.Of(text, subject.Kind, buffer);
            if (names.Count == NameLayoutRules.MostNames || name.Words.Count == 0) continue;
            Identifier[] needed = [.. name.Words.SelectMany(NeededOf).Concat(name.Initials is { } initials ? [initials] : []).Where(identifier => !chosen.Contains(identifier)).Distinct()];
            if (chosen.Count + needed.Length > room) continue;
            names.Add(name);
            chosen.UnionWith(needed);
        }

        foreach (KeyedWord word in names.SelectMany(name => name.Words))
        {
            Identifier[] deletions = [.. word.Deletions.Where(identifier => !chosen.Contains(identifier))];
            if (chosen.Count + deletions.Length <= room) chosen.UnionWith(deletions);
        }

        return new NameTagPlan(names, chosen);
    }

    /// <summary>
    /// Whether an identifier of a type gets a slot (protocol §3). A combination whose rest somebody who knows the name could try out, fewer than a million values, opens nothing where the
    /// circle sees the name's words: the rest of these is a postcode, a city, a telephone area or a country.
    /// </summary>
    public static bool OpensRecord(IdentifierType type, bool tagsNames) => Identifier.ClassOf(type) switch
    {
        IdentifierClass.Strong => true,
        IdentifierClass.Compound => !tagsNames || type is IdentifierType.SurnameStreetNumberPostcode or IdentifierType.CompanyStreetNumberPostcode or IdentifierType.NameWordAddress or IdentifierType.NameFragmentAddress,
        _ => false,
    };

    /// <summary>The names as the summary lays them out.</summary>
    /// <param name="placeOf">The place of an identifier's tag in the record's name tags; −1 where it has none.</param>
    public IEnumerable<V1.NameLayout> LayOut(Func<Identifier, int> placeOf)
    {
        foreach (NameLayout name in _names.Select(name => NameLayout.Of(name, identifier => _identifiers.Contains(identifier) ? placeOf(identifier) : -1)))
        {
            V1.NameLayout layout = new();
            HashSet<int> places = [];
            foreach (WordLayout word in name.Words.Where(word => word.Exact >= 0 && places.Add(word.Exact)))
            {
                V1.WordLayout laid = new() { Exact = (uint)word.Exact };
                laid.Skeletons.AddRange(word.Skeletons.Where(place => place >= 0).Distinct().Take(NameLayoutRules.MostPlaces / 2).Select(place => (uint)place));
                laid.Deletions.AddRange(word.Deletions.Where(place => place >= 0).Distinct().Take((NameLayoutRules.MostPlaces / 2) - 1).Select(place => (uint)place));
                layout.Words.Add(laid);
            }

            if (layout.Words.Count > 0) yield return layout;
        }
    }

    private static IEnumerable<Identifier> NeededOf(KeyedWord word) => [word.Exact, .. word.Spellings, .. word.JoinedWithNext, .. word.Skeletons];
}
