using System.Collections.Frozen;
using System.Text;

namespace Gateway.Matching.Text;

/// <summary>
/// Names in plain lower-case Latin letters: diacritics off, ligatures and letters of their own (ß, ø, ł, þ …) as the letters they are read as, Cyrillic and Greek
/// letter by letter. Other scripts stay as they are: this is the place where their romanisation comes in.
/// </summary>
internal static class LatinFolding
{
    private static readonly FrozenDictionary<int, string> Letters = Load();

    /// <summary>The folded text; separators are kept.</summary>
    internal static string Of(string text)
    {
        string clean = CleanText.Of(text);
        if (Ascii.IsValid(clean))
        {
            return clean.ToLowerInvariant();
        }

        var folded = new StringBuilder(clean.Length);
        foreach (int cp in Nfkc.Decompose(clean.ToLowerInvariant()))
        {
            if (Nfkc.CombiningClass(cp) != 0)
            {
                continue;
            }

            if (Letters.TryGetValue(cp, out string? latin))
            {
                folded.Append(latin);
            }
            else
            {
                folded.Append(new Rune(cp).ToString());
            }
        }

        // Hangul was taken apart by the decomposition.
        return Nfkc.Of(folded.ToString());
    }

    private static FrozenDictionary<int, string> Load()
    {
        const string Table =
            "ß=ss ø=o ł=l đ=d ð=d þ=th æ=ae œ=oe ı=i ħ=h ŋ=n ĸ=k ŧ=t ə=a ſ=s ƒ=f ɓ=b ɗ=d ƙ=k " +
            "а=a б=b в=v г=g ґ=g д=d ђ=dj е=e є=e ж=zh з=z и=i і=i ј=j к=k л=l љ=lj м=m н=n њ=nj о=o п=p р=r с=s т=t ћ=c у=u ф=f х=kh ц=ts ч=ch џ=dz ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya " +
            "ө=o ү=u ұ=u қ=k ғ=g ң=n һ=h ә=a ѕ=dz " +
            "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o";
        return Table.Split(' ').Select(entry => entry.Split('=')).ToFrozenDictionary(parts => (int)parts[0][0], parts => parts[1]);
    }
}
