using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Keys;

/// <summary>One name of a party, taken apart once for all its keys.</summary>
/// <param name="Field">The column it stands in: <c>name</c> or <c>aliases</c>.</param>
/// <param name="All">Folded words, legal forms and all.</param>
/// <param name="Words">Folded words without legal forms.</param>
/// <param name="Distinctive">Those words that few other names hold; all of them if no such word is left.</param>
/// <param name="Given">First given name, or empty.</param>
/// <param name="Surname">Last surname, or empty; a single word is the surname.</param>
internal sealed record PartyName(string Field, IReadOnlyList<string> All, IReadOnlyList<string> Words, IReadOnlyList<string> Distinctive, string Given, string Surname);

/// <summary>Takes the names of parties apart.</summary>
internal static class PartyNames
{
    private const int MostNames = 8;
    private const int LongestName = 1_000;

    internal static IEnumerable<PartyName> Of(Party party)
    {
        var place = new HashSet<string>(NameWords.Of(Cut(party.City)), StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, string field) in party.Aliases.Select(alias => (alias, "aliases")).Prepend((party.Name, "name")))
        {
            if (seen.Count < MostNames && seen.Add(name) && Parse(Cut(name), field, place) is { } parsed)
            {
                yield return parsed;
            }
        }
    }

    /// <summary>Whether a legal form or a trade word in the first name says that it is a company's.</summary>
    internal static bool SaysCompany(Party party)
    {
        List<string> words = NameWords.Of(Cut(party.Name));
        if (words.Count == 0)
        {
            return false;
        }

        List<string> rest = LegalForms.Remove(words, out bool form);

        // Two letters at the end of a name may be a person's ("Li Na"), so they say nothing by themselves.
        return (form && (words[^1].Length > 2 || words.Count - rest.Count > 1 || words[0] != rest[0])) || rest.Any(word => word.Length > 3 && CommonWords.Contains(word));
    }

    private static PartyName? Parse(string name, string field, HashSet<string> place)
    {
        List<string> all = NameWords.Of(name);
        if (all.Count == 0)
        {
            return null;
        }

        List<string> words = LegalForms.Remove(all, out _);
        List<string> distinctive = [.. words.Where(word => !CommonWords.Contains(word) && !place.Contains(word))];
        (string given, string surname) = Person(name, all);
        return new PartyName(field, all, words, distinctive.Count > 0 ? distinctive : words, given, surname);
    }

    // "SURNAME, Given Middle" or "Given Middle Surname": the first given name and the last surname are the same in both.
    private static (string Given, string Surname) Person(string name, List<string> words)
    {
        int comma = name.IndexOf(',', StringComparison.Ordinal);
        if (comma > 0 && NameWords.Of(name[..comma]) is { Count: > 0 } surnames && NameWords.Of(name[(comma + 1)..]) is { Count: > 0 } givens)
        {
            return (givens[0], surnames[^1]);
        }

        return words.Count == 1 ? ("", words[0]) : (words[0], words[^1]);
    }

    private static string Cut(string text) => text.Length <= LongestName ? text : text[..LongestName];
}
