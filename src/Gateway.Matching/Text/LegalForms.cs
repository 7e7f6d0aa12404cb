using System.Collections.Frozen;

namespace Gateway.Matching.Text;

/// <summary>Legal forms of companies in many languages (Tables/legal_forms.txt), and how to take them off a name.</summary>
internal static class LegalForms
{
    private const int LongestForm = 8;

    private static readonly FrozenSet<string> Forms = EmbeddedTable.Lines("legal_forms.txt")
        .Select(form => string.Join(' ', NameWords.Of(form)))
        .Where(form => form.Length > 1)
        .ToFrozenSet(StringComparer.Ordinal);

    // Most words begin and end no form: nothing need be joined to know.
    private static readonly FrozenSet<string> FirstWords = Forms.Select(form => form.Split(' ')[0]).ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenSet<string> LastWords = Forms.Select(form => form.Split(' ')[^1]).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> FormsBySpan = Forms.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> FirstWordsBySpan = FirstWords.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> LastWordsBySpan = LastWords.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] Ideographic = [.. Forms.Where(form => form[0] >= 0x3000 && form.Length > 1).OrderByDescending(form => form.Length)];

    // Forms that no word of its own ends in, so that they are recognised with the space before them gone ("Kalalimited").
    private static readonly string[] Glued = ["corporation", "limitada", "limited", "company", "gmbh", "sarl", "ltda", "ltd", "llc"];

    // Two letters before a name are a form only where that is the custom; elsewhere they are the name's.
    private static readonly FrozenSet<string> ShortPrefixes = FrozenSet.Create(StringComparer.Ordinal, "pt", "ao", "up", "zp", "ip");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> ShortPrefixesBySpan = ShortPrefixes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The words without the forms at their end and beginning; unchanged if nothing else would be left.</summary>
    internal static List<string> Remove(List<string> words, out bool found)
    {
        int start = 0, end = words.Count;
        while (end > start && LongestAtEnd(words, start, end) is > 0 and int n)
        {
            end -= n;
        }

        while (start < end && LongestAtStart(words, start, end) is > 0 and int n)
        {
            start += n;
        }

        if (start >= end)
        {
            found = true;
            return words;
        }

        List<string> rest = words.GetRange(start, end - start);
        found = rest.Count < words.Count;
        if (IdeographicForm(rest[^1]) is { } form)
        {
            rest[^1] = rest[^1][..^form.Length];
            found = true;
        }

        if (rest.Count > 0 && Array.Find(Glued, form => rest[^1].Length >= form.Length + 3 && rest[^1].EndsWith(form, StringComparison.Ordinal)) is { } glued)
        {
            rest[^1] = rest[^1][..^glued.Length];
            found = true;
        }

        return rest;
    }

    /// <summary>The range of a line's words without the forms at their end and beginning; the whole range if nothing else would be left.</summary>
    /// <param name="line">Words with one space between.</param>
    /// <param name="starts">Where each word starts in the line.</param>
    /// <param name="lengths">Its length.</param>
    internal static (int Start, int End) Range(ReadOnlySpan<char> line, ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths)
    {
        int start = 0, end = starts.Length;
        while (end > start)
        {
            int taken = LastWordsBySpan.Contains(Slice(line, starts, lengths, end - 1, 1)) ? Math.Min(LongestForm, end - start) : 0;
            while (taken > 0 && !FormsBySpan.Contains(Slice(line, starts, lengths, end - taken, taken)))
            {
                taken--;
            }

            if (taken == 0)
            {
                break;
            }

            end -= taken;
        }

        while (start < end)
        {
            int taken = FirstWordsBySpan.Contains(Slice(line, starts, lengths, start, 1)) ? Math.Min(LongestForm, end - start - 1) : 0;
            while (taken > 0 && !(FormsBySpan.Contains(Slice(line, starts, lengths, start, taken)) && (taken > 1 || lengths[start] > 2 || ShortPrefixesBySpan.Contains(Slice(line, starts, lengths, start, 1)))))
            {
                taken--;
            }

            if (taken == 0)
            {
                break;
            }

            start += taken;
        }

        return start < end ? (start, end) : (0, starts.Length);
    }

    /// <summary>A word of ideographs without the legal form at its end.</summary>
    internal static string WithoutIdeographicForm(string word) => IdeographicForm(word) is { } form ? word[..^form.Length] : word;

    private static ReadOnlySpan<char> Slice(ReadOnlySpan<char> line, ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths, int first, int count) =>
        line[starts[first]..(starts[first + count - 1] + lengths[first + count - 1])];

    private static int LongestAtEnd(List<string> words, int start, int end)
    {
        for (int n = LastWords.Contains(words[end - 1]) ? Math.Min(LongestForm, end - start) : 0; n > 0; n--)
        {
            if (Forms.Contains(string.Join(' ', words.GetRange(end - n, n))))
            {
                return n;
            }
        }

        return 0;
    }

    private static int LongestAtStart(List<string> words, int start, int end)
    {
        for (int n = FirstWords.Contains(words[start]) ? Math.Min(LongestForm, end - start - 1) : 0; n > 0; n--)
        {
            string form = string.Join(' ', words.GetRange(start, n));
            if (Forms.Contains(form) && (form.Length > 2 || ShortPrefixes.Contains(form)))
            {
                return n;
            }
        }

        return 0;
    }

    private static string? IdeographicForm(string word) =>
        word[^1] < 0x3000 ? null : Ideographic.FirstOrDefault(form => word.Length > form.Length && word.EndsWith(form, StringComparison.Ordinal));
}
