using System.Globalization;
using System.Text;

namespace Gateway.Matching.Text;

/// <summary>The words of a name, folded. Apostrophes join, everything else that is no letter or digit separates; runs of single letters ("S. A.", "A&amp;B") are one word.</summary>
internal static class NameWords
{
    /// <summary>Words beyond which a name says nothing more.</summary>
    internal const int Most = 24;

    internal static List<string> Of(string name)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (Rune rune in LatinFolding.Of(name).EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)
            {
                word.Append(rune.ToString());
            }
            else if (rune.Value != '\'')
            {
                Flush(words, word);
            }
        }

        Flush(words, word);
        return JoinInitials(words);
    }

    private static void Flush(List<string> words, StringBuilder word)
    {
        if (word.Length > 0 && words.Count < Most)
        {
            words.Add(word.ToString());
        }

        word.Clear();
    }

    private static List<string> JoinInitials(List<string> words)
    {
        var joined = new List<string>(words.Count);
        bool open = false;
        foreach (string word in words)
        {
            bool initial = word.Length == 1 && char.IsAsciiLetter(word[0]);
            if (initial && open)
            {
                joined[^1] += word;
            }
            else
            {
                joined.Add(word);
            }

            open = initial;
        }

        return joined;
    }
}
