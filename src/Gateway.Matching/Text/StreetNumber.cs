using System.Collections.Frozen;

namespace Gateway.Matching.Text;

/// <summary>Which of an address's numbers is the street number, and which word the street's name.</summary>
internal static class StreetNumber
{
    // What a number after (or, for ordinals and blocks, before) these words counts is not the place on the street.
    private static readonly FrozenSet<string> UnitBefore = FrozenSet.Create(StringComparer.Ordinal,
        "floor", "fl", "flat", "apt", "apartment", "unit", "room", "rm", "suite", "ste", "piso", "oficina", "local", "office", "of", "km", "etage", "stock", "og", "kv", "kvartira",
        "daire", "kat", "interior", "int", "shop", "level", "door", "entrance", "dept", "departamento", "depto", "wing", "zone", "sector", "phase", "entresuelo");

    private static readonly FrozenSet<string> NotNumberAfter = FrozenSet.Create(StringComparer.Ordinal,
        "st", "nd", "rd", "th", "floor", "fl", "f", "chome", "etage", "og", "bis", "room", "km", "er", "eme", "da");

    private static readonly FrozenSet<string> NumberBefore = FrozenSet.Create(StringComparer.Ordinal, "no", "nr", "num", "number", "numero", "n", "dom", "d", "hausnummer", "号");

    // A box is a place of its own, and the number of a building goes before it.
    private static readonly FrozenSet<string> BoxBefore = FrozenSet.Create(StringComparer.Ordinal, "box", "postfach", "apartado", "casella", "postbus", "caixa", "yashchik");

    private static readonly FrozenSet<string> StreetTypes = FrozenSet.Create(StringComparer.Ordinal,
        "street", "str", "st", "strasse", "road", "rd", "diagonal", "transversal", "kra", "clle", "autopista", "box", "po", "avenue", "ave", "av", "avenida", "calle", "cl", "carrera", "cra", "rue", "via", "viale", "lane", "ln", "drive", "dr", "boulevard",
        "blvd", "bulvar", "square", "sq", "place", "plaza", "platz", "piazza", "ulitsa", "ul", "ulica", "prospekt", "prospect", "pr", "pereulok", "way", "highway", "hwy", "caddesi", "cad",
        "cd", "sokak", "sok", "sk", "mahallesi", "mah", "lu", "jie", "dao", "straat", "weg", "gasse", "allee", "building", "bldg", "house", "block", "tower", "center", "centre",
        "district", "village", "town", "city", "industrial", "park", "zone", "area", "floor", "room", "unit", "the", "of", "and", "de", "la", "del", "north", "south", "east", "west", "no");

    private const int MostNumbers = 4;

    internal static string Of(List<string> words)
    {
        string first = "", box = "";
        for (int i = 0; i < words.Count; i++)
        {
            string digits = words[i].TrimStart('0');
            if (!char.IsAsciiDigit(words[i][0]) || digits.Length is 0 or > 5)
            {
                continue;
            }

            string before = i > 0 ? words[i - 1] : "", after = i + 1 < words.Count ? words[i + 1] : "";
            if (NumberBefore.Contains(before) || after == "号")
            {
                return digits;
            }

            if (BoxBefore.Contains(before))
            {
                box = box.Length == 0 ? digits : box;
            }
            else if (first.Length == 0 && !UnitBefore.Contains(before) && !NotNumberAfter.Contains(after))
            {
                first = digits;
            }
        }

        return first.Length > 0 ? first : box;
    }

    /// <summary>The words that say which street, without digits and types of street; all without digits if nothing is left.</summary>
    internal static List<string> NamesOf(List<string> words)
    {
        List<string> names = [.. words.Where(word => !char.IsAsciiDigit(word[0]))];
        List<string> distinctive = [.. names.Where(word => !StreetTypes.Contains(word))];
        return distinctive.Count > 0 ? distinctive : names;
    }

    internal static string StreetOf(List<string> words)
    {
        string longest = "";
        foreach (string word in words)
        {
            if (!char.IsAsciiDigit(word[0]) && !StreetTypes.Contains(word) && word.Length > longest.Length)
            {
                longest = word;
            }
        }

        if (Skeleton.WeightOf(longest) < 3)
        {
            // "Carrera 61 No. 11-58": where streets have numbers for names, the numbers are the street.
            return string.Join('.', words.Where(word => char.IsAsciiDigit(word[0])).Take(MostNumbers).Select(word => word.TrimStart('0')));
        }

        string skeleton = Skeleton.Of(longest);
        return skeleton.Length >= 3 ? skeleton : longest;
    }
}
