using System.Text;

namespace Gateway.Matching.Text;

/// <summary>
/// NYSIIS phonetic code of a name word (R. L. Taft, Name Search Techniques, 1970), not cut to six letters. Chosen over Soundex and Double Metaphone: those keep four sounds, so that far more than
/// ten parties would share a key, and Double Metaphone answers with two codes, which doubles the keys of a record. NYSIIS gives one code and keeps where vowels stand.
/// </summary>
internal static class Nysiis
{
    /// <summary>The code of a folded word; letters outside a–z are left out, and a word without any is its own code.</summary>
    internal static string Of(string word)
    {
        string letters = string.Concat(word.Where(char.IsAsciiLetterLower));
        if (letters.Length == 0)
        {
            return word;
        }

        var s = new StringBuilder(Ending(Beginning(letters)));
        char first = s[0];
        for (int i = 1; i < s.Length; i++)
        {
            Transcode(s, i);
        }

        var code = new StringBuilder(s.Length);
        code.Append(first);
        for (int i = 1; i < s.Length; i++)
        {
            if (s[i] != code[^1])
            {
                code.Append(s[i]);
            }
        }

        if (code.Length > 1 && code[^1] == 's')
        {
            code.Length--;
        }

        if (code.Length > 2 && code[^1] == 'y' && code[^2] == 'a')
        {
            code.Remove(code.Length - 2, 1);
        }

        if (code.Length > 1 && code[^1] == 'a')
        {
            code.Length--;
        }

        return code.ToString();
    }

    private static string Beginning(string s)
    {
        foreach ((string from, string to) in ((string, string)[])[("mac", "mcc"), ("kn", "nn"), ("k", "c"), ("ph", "ff"), ("pf", "ff"), ("sch", "sss")])
        {
            if (s.StartsWith(from, StringComparison.Ordinal))
            {
                return to + s[from.Length..];
            }
        }

        return s;
    }

    private static string Ending(string s)
    {
        foreach ((string from, string to) in ((string, string)[])[("ee", "y"), ("ie", "y"), ("dt", "d"), ("rt", "d"), ("rd", "d"), ("nt", "d"), ("nd", "d")])
        {
            if (s.Length > from.Length && s.EndsWith(from, StringComparison.Ordinal))
            {
                return s[..^from.Length] + to;
            }
        }

        return s;
    }

    private static void Transcode(StringBuilder s, int i)
    {
        char next = i + 1 < s.Length ? s[i + 1] : '\0';
        char afterNext = i + 2 < s.Length ? s[i + 2] : '\0';
        switch (s[i])
        {
            case 'e' when next == 'v':
                s[i] = 'a';
                s[i + 1] = 'f';
                break;
            case 'a' or 'e' or 'i' or 'o' or 'u':
                s[i] = 'a';
                break;
            case 'q':
                s[i] = 'g';
                break;
            case 'z':
                s[i] = 's';
                break;
            case 'm':
                s[i] = 'n';
                break;
            case 'k':
                s[i] = next == 'n' ? 'n' : 'c';
                break;
            case 's' when next == 'c' && afterNext == 'h':
                s[i + 1] = 's';
                s[i + 2] = 's';
                break;
            case 'p' when next == 'h':
                s[i] = 'f';
                s[i + 1] = 'f';
                break;
            case 'h' when !IsVowel(s[i - 1]) || !IsVowel(next):
                s[i] = s[i - 1];
                break;
            case 'w' when IsVowel(s[i - 1]):
                s[i] = s[i - 1];
                break;
            default:
                break;
        }
    }

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u';
}
