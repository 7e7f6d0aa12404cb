namespace Gateway.Cli.Input;

/// <summary>What is wrong with a file's header.</summary>
public static class HeaderCheck
{
    // Of a file of another kind most are unknown, and a guess for each says less than that.
    private const int MostGuesses = 5;

    /// <summary>A sentence for each unknown, repeated or missing column; one for all the unknown where they are many.</summary>
    public static IReadOnlyList<string> Faults(IReadOnlyList<string> columns, IReadOnlyList<string> known, IReadOnlyList<string> needed)
    {
        List<string> faults = [];
        string[] unknown = [.. columns.Distinct().Where(column => !known.Contains(column))];
        bool isOther = unknown.Length > MostGuesses;
        foreach (string column in isOther ? [] : unknown)
        {
            string nearest = known.MinBy(candidate => Distance(column.ToLowerInvariant(), candidate))!;
            faults.Add(column.Length == 0 ? "A column has no name." : $"There is no column '{column}'; the nearest is '{nearest}'.");
        }

        if (isOther) faults.Add($"There are no columns {string.Join(", ", unknown.Select(column => $"'{column}'"))}: is it a file of another kind?");
        faults.AddRange(columns.GroupBy(column => column).Where(group => group.Count() > 1 && group.Key.Length > 0).Select(group => $"The column '{group.Key}' stands twice."));
        faults.AddRange(needed.Where(column => !columns.Contains(column)).Select(column => $"The column '{column}' is missing."));
        return faults;
    }

    /// <summary>Levenshtein distance.</summary>
    internal static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
