using Gateway.Protocol.V1;

namespace Gateway.Protocol;

/// <summary>The limits of the names' layout in a Summary (record.proto). Who reads it uses its numbers as places in the record's name tags.</summary>
public static class NameLayoutRules
{
    /// <summary>Names a record lays out at most.</summary>
    public const int MostNames = 16;

    /// <summary>Words of a name at most: sixteen, and its initials.</summary>
    public const int MostWords = 17;

    /// <summary>Places of a word at most.</summary>
    public const int MostPlaces = 64;

    /// <summary>The first limit that does not hold, as "names: reason", or null.</summary>
    /// <param name="summary">The summary.</param>
    /// <param name="nameTagCount">Name tags of the record, after padding: 0 to 256.</param>
    public static string? FirstFault(Summary summary, int nameTagCount)
    {
        if (summary.Names.Count > MostNames) return $"names: more than {MostNames}";
        foreach (NameLayout name in summary.Names)
        {
            if (name.Words.Count is 0 or > MostWords) return $"names: a name without words or with more than {MostWords}";
            HashSet<uint> exact = [];
            foreach (WordLayout word in name.Words)
            {
                if (!exact.Add(word.Exact)) return "names: two words of a name at one place";
                if (1 + word.Skeletons.Count + word.Deletions.Count > MostPlaces) return $"names: a word with more than {MostPlaces} places";
                if (word.Skeletons.Concat(word.Deletions).Append(word.Exact).Any(place => place >= nameTagCount)) return "names: a place beyond the name tags";
            }
        }

        return null;
    }
}
