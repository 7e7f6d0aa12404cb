using System.Globalization;
using System.Text;

namespace Gateway.Matching.Text;

/// <summary>Reads names of any script as words in plain Latin letters. For names that are not plain ASCII; those take a shorter way (<c>NameKeyBuffer</c>).</summary>
internal static class NameReader
{
    private const int MostSpellings = 6;

    // Surnames of two characters; any other name of ideographs begins with a surname of one.
    private static readonly HashSet<string> LongSurnames = new(
        "欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 令狐 夏侯 端木 宇文 长孙 長孫 남궁 황보 제갈 선우 독고 사공".Split(' '), StringComparer.Ordinal);

    internal static List<ReadWord> Read(string name)
    {
        List<ReadWord> words = [];
        foreach (string written in Tokens(CleanText.Of(name)))
        {
            Add(words, written);
        }

        return words;
    }

    // Words, and where a word changes between signs of East Asia and others ("ABC貿易") also there.
    private static List<string> Tokens(string clean)
    {
        List<string> tokens = [];
        StringBuilder token = new();
        Script last = Script.Other;
        foreach (Rune rune in clean.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool mark = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            Script script = Scripts.Of(rune.Value);
            if (Rune.IsLetterOrDigit(rune) || mark || rune.Value == 'ー')
            {
                if (token.Length > 0 && Rune.IsLetter(rune) && (last is Script.Han or Script.Hangul) != (script is Script.Han or Script.Hangul))
                {
                    Flush();
                }

                token.Append(rune.ToString());
                last = mark || !Rune.IsLetter(rune) ? last : script;
            }
            else if (rune.Value != '\'')
            {
                Flush();
            }
        }

        Flush();
        return [.. JoinInitials(tokens).Take(NameWords.Most)];

        void Flush()
        {
            if (token.Length > 0)
            {
                tokens.Add(token.ToString());
                token.Clear();
            }
        }
    }

    private static List<string> JoinInitials(List<string> tokens)
    {
        List<string> joined = new(tokens.Count);
        bool open = false;
        foreach (string token in tokens)
        {
            bool initial = token.Length == 1 && char.IsAsciiLetter(token[0]);
            if (initial && open)
            {
                joined[^1] += token;
            }
            else
            {
                joined.Add(token);
            }

            open = initial;
        }

        return joined;
    }

    private static void Add(List<ReadWord> words, string written)
    {
        string resolved = Homoglyphs.Resolve(LegalForms.WithoutIdeographicForm(written), out bool mixed);
        string folded = LatinFolding.Of(resolved);
        string lower = resolved.ToLowerInvariant();
        Script script = ScriptOf(lower);
        List<string> spellings = script is Script.Latin or Script.Greek or Script.Other ? Umlauts(lower) : Transliteration.Spellings(script, lower, MostSpellings);
        if (script == Script.Arabic && lower.Length > 4 && lower.StartsWith("ال", StringComparison.Ordinal))
        {
            // The article, which Latin spelling sets apart or leaves out.
            spellings = Transliteration.Spellings(script, lower[2..], MostSpellings);
            lower = lower[2..];
        }

        string latin = script switch
        {
            Script.Latin or Script.Greek => OnlyLatin(folded),
            Script.Arabic or Script.Hebrew or Script.Kana or Script.Hangul => spellings.Count > 0 ? spellings[0] : SignBySign(lower),
            Script.Cyrillic => OnlyLatin(folded),
            _ => SignBySign(lower),
        };

        if (latin.Length == 0)
        {
            return;
        }

        int length = script is Script.Han or Script.Hangul ? lower.Length : 0;
        if (length is >= 2 and <= 4)
        {
            // A person's name without spaces: surname and given name, besides the whole as one word.
            int surname = length > 2 && LongSurnames.Contains(lower[..2]) ? 2 : 1;
            words.Add(Part(lower[..surname], script, mixed) with { JoinedSpellings = [latin, .. spellings.Where(spelling => spelling != latin)], Folded = folded });
            words.Add(Part(lower[surname..], script, mixed) with { Folded = "" });
            return;
        }

        words.Add(new ReadWord(written, folded, latin) { Spellings = [.. spellings.Where(spelling => spelling != latin)], HasForeignLetters = mixed });
    }

    private static ReadWord Part(string signs, Script script, bool mixed)
    {
        List<string> spellings = Transliteration.Spellings(script, signs, 4);
        string latin = script == Script.Han ? SignBySign(signs) : spellings.Count > 0 ? spellings[0] : SignBySign(signs);
        return new ReadWord(signs, signs, latin.Length > 0 ? latin : "x") { Spellings = [.. spellings.Where(spelling => spelling != latin)], HasForeignLetters = mixed };
    }

    private static Script ScriptOf(string word)
    {
        foreach (char c in word)
        {
            if (char.IsLetter(c) && Scripts.Of(c) is var script && script != Script.Latin)
            {
                return script;
            }
        }

        return Script.Latin;
    }

    // Two dots and a ring stand for a second letter where the other way of writing them is used.
    private static List<string> Umlauts(string lower)
    {
        string composed = Nfkc.Of(lower);
        if (composed.AsSpan().IndexOfAny("äöüøå") < 0)
        {
            return [];
        }

        string spelt = composed.Replace("ä", "ae", StringComparison.Ordinal).Replace("ö", "oe", StringComparison.Ordinal).Replace("ü", "ue", StringComparison.Ordinal)
            .Replace("ø", "oe", StringComparison.Ordinal).Replace("å", "aa", StringComparison.Ordinal);
        return [OnlyLatin(LatinFolding.Of(spelt))];
    }

    private static string OnlyLatin(string folded)
    {
        StringBuilder latin = new(folded.Length);
        foreach (char c in folded)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                latin.Append(c);
            }
            else if (SignTable.TryRead(c, out string read))
            {
                latin.Append(read);
            }
        }

        return latin.ToString();
    }

    private static string SignBySign(string lower)
    {
        StringBuilder latin = new(lower.Length * 3);
        foreach (int cp in Nfkc.Decompose(lower))
        {
            latin.Append(cp < 0x80 ? ((char)cp).ToString() : SignTable.TryRead(cp, out string read) ? read : "");
        }

        return latin.ToString();
    }
}
