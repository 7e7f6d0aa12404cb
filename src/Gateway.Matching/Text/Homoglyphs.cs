using System.Collections.Frozen;
using System.Text;

namespace Gateway.Matching.Text;

/// <summary>Letters of one alphabet that look like another's, in words that mix the two: "Nіke" with a Ukrainian і is read as it looks.</summary>
internal static class Homoglyphs
{
    // Upper and lower case apart: В looks like B, в like no Latin letter.
    private const string Pairs =
        "АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS аa еe оo рp сc уy хx іi јj ѕs кk һh ԁd ԛq ԝw ӏl ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo νv αa ιi κk ρp υu";

    private static readonly FrozenDictionary<char, char> ToLatin = Pairs.Split(' ').ToFrozenDictionary(pair => pair[0], pair => pair[1]);
    private static readonly FrozenDictionary<char, char> ToCyrillic = Pairs.Split(' ').Where(pair => Scripts.Of(pair[0]) == Script.Cyrillic)
        .DistinctBy(pair => pair[1]).ToFrozenDictionary(pair => pair[1], pair => pair[0]);

    /// <summary>The word in the alphabet that it was meant in: the one more of its letters belong to, Latin where they are as many.</summary>
    /// <param name="word">Case as written.</param>
    /// <param name="mixed">Whether letters of another alphabet were read as what they look like.</param>
    internal static string Resolve(string word, out bool mixed)
    {
        int latin = 0, cyrillic = 0, greek = 0;
        foreach (char c in word)
        {
            if (char.IsLetter(c))
            {
                Script script = Scripts.Of(c);
                latin += script == Script.Latin ? 1 : 0;
                cyrillic += script == Script.Cyrillic ? 1 : 0;
                greek += script == Script.Greek ? 1 : 0;
            }
        }

        mixed = false;
        if ((latin > 0 ? 1 : 0) + (cyrillic > 0 ? 1 : 0) + (greek > 0 ? 1 : 0) < 2)
        {
            return word;
        }

        FrozenDictionary<char, char> table = cyrillic > latin && cyrillic > greek ? ToCyrillic : ToLatin;
        StringBuilder resolved = new(word.Length);
        foreach (char c in word)
        {
            bool known = table.TryGetValue(c, out char meant);
            mixed |= known;
            resolved.Append(known ? meant : c);
        }

        return resolved.ToString();
    }
}
