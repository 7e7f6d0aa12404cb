using System.Globalization;
using System.Text;

namespace Gateway.Matching.Text;

/// <summary>Reads names of any script as words in plain Latin letters. For names that are not plain ASCII; those take a shorter way (<c>NameKeyBuffer</c>).</summary>
internal static class NameReader
{
    private const int MostSpellings = 10;

    // They stand at both words that they join, and a word of a layout has room for 64 tags.
    private const int MostJoinedSpellings = 6;

    private static readonly System.Buffers.SearchValues<char> MarkedLetters = System.Buffers.SearchValues.Create("äæöøüåšşșśčçćžżźřţțñńňđğ");

    // Surnames of two characters; any other name of ideographs begins with a surname of one.
    private static readonly HashSet<string> LongSurnames = new(
        "欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 令狐 夏侯 端木 宇文 长孙 長孫 남궁 황보 제갈 선우 독고 사공".Split(' '), StringComparer.Ordinal);

    // What most Chinese and Korean surnames begin with, so that a foreign name in the same signs is not cut in two.
    private static readonly HashSet<char> Surnames = [..
        "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林罗羅高郑鄭梁谢謝宋唐许許韩韓邓鄧冯馮曹彭曾肖蕭萧田董潘袁蔡蒋蔣余于杜叶葉程魏苏蘇吕呂丁任卢盧姚沈鍾钟姜崔谭譚陆陸范汪廖石金贾賈夏韦韋付傅方白邹鄒孟熊秦邱江尹薛"
        + "闫阎閻段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯习習欧歐司诸諸上东東皇尉公慕令端宇长長洪柳朴安權申全南文"
        + "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용리림황선독사"];

    internal static List<ReadWord> Read(string name, SpellingSearch search)
    {
        List<ReadWord> words = [];
        List<string> tokens = Tokens(CleanText.Of(name));
        foreach (string written in tokens)
        {
            Add(words, written, tokens.Count == 1, search);
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

    private static void Add(List<ReadWord> words, string written, bool alone, SpellingSearch search)
    {
        string resolved = Homoglyphs.Resolve(LegalForms.WithoutIdeographicForm(written), out bool mixed);
        string folded = LatinFolding.Of(resolved);
        string lower = resolved.ToLowerInvariant();
        Script script = ScriptOf(lower);
        List<string> spellings = script is Script.Latin or Script.Greek or Script.Other ? Digraphs(lower) : search.Spellings(script, lower, MostSpellings);
        if (script == Script.Arabic && lower.Length > 4 && lower.StartsWith("ال", StringComparison.Ordinal))
        {
            // The article, which Latin spelling sets apart or leaves out.
            spellings = search.Spellings(script, lower.AsSpan(2), MostSpellings);
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

        int length = alone && script is Script.Han or Script.Hangul ? lower.Length : 0;
        if (length is >= 2 and <= 4 && Surnames.Contains(lower[0]))
        {
            // A person's name without spaces: surname and given name, besides the whole as one word.
            int surname = length > 2 && LongSurnames.Contains(lower[..2]) ? 2 : 1;
            words.Add(Part(lower[..surname], script, mixed, search) with { JoinedSpellings = [latin, .. spellings.Where(spelling => spelling != latin).Take(MostJoinedSpellings)], Folded = folded });
            words.Add(Part(lower[surname..], script, mixed, search) with { Folded = "" });
            return;
        }

        bool syllable = script == Script.Han && lower.Length == 1;
        words.Add(new ReadWord(written, folded, latin)
        {
            Spellings = syllable ? [] : [.. spellings.Where(spelling => spelling != latin)],
            HasForeignLetters = mixed,
            IsSyllabic = script == Script.Han,
        });
    }

    private static ReadWord Part(string signs, Script script, bool mixed, SpellingSearch search)
    {
        List<string> spellings = script == Script.Han ? [] : search.Spellings(script, signs, 4);
        string latin = script == Script.Han ? SignBySign(signs) : spellings.Count > 0 ? spellings[0] : SignBySign(signs);
        return new ReadWord(signs, signs, latin.Length > 0 ? latin : "x") { Spellings = [.. spellings.Where(spelling => spelling != latin)], HasForeignLetters = mixed, IsSyllabic = script == Script.Han };
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

    // Letters with marks that another way of spelling writes with two: "Müller", "Mueller"; "Šešelj", "Sheshelj".
    private static List<string> Digraphs(string lower)
    {
        string composed = Nfkc.Of(lower);
        if (composed.AsSpan().IndexOfAny(MarkedLetters) < 0)
        {
            return [];
        }

        StringBuilder spelt = new(composed.Length + 4);
        foreach (char c in composed)
        {
            spelt.Append(c switch
            {
                'ä' or 'æ' => "ae",
                'ö' or 'ø' => "oe",
                'ü' => "ue",
                'å' => "aa",
                'š' or 'ş' or 'ș' or 'ś' => "sh",
                'č' or 'ç' or 'ć' => "ch",
                'ž' or 'ż' or 'ź' => "zh",
                'ř' => "rzh",
                'ţ' or 'ț' => "ts",
                'ñ' or 'ń' or 'ň' => "ny",
                'đ' => "dj",
                'ğ' => "gh",
                _ => c.ToString(),
            });
        }

        return [OnlyLatin(LatinFolding.Of(spelt.ToString()))];
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
            if (cp < 0x80)
            {
                // A capital that the invariant culture has no small letter for (İ) comes out of the decomposition.
                latin.Append(char.IsAsciiLetterOrDigit((char)cp) ? char.ToLowerInvariant((char)cp).ToString() : "");
            }
            else if (SignTable.TryRead(cp, out string read))
            {
                latin.Append(read);
            }
        }

        return latin.ToString();
    }
}
