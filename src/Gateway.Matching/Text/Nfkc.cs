using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Matching.Text;

/// <summary>
/// Unicode normalisation form KC (UAX #15) from tables in this assembly. <see cref="string.Normalize()"/> cannot be used: under InvariantGlobalization it
/// returns non-ASCII text unchanged, and without it the answer depends on the machine's ICU.
/// </summary>
internal static class Nfkc
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int VowelCount = 21, TailCount = 28, LeadCount = 19, SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly (FrozenDictionary<int, int[]> Decompositions, FrozenDictionary<(int, int), int> Compositions, FrozenDictionary<int, byte> Classes) Tables = Load();

    /// <summary>The text in form KC. A lone surrogate becomes U+FFFD.</summary>
    internal static string Of(string text) => IsAscii(text) ? text : ToText(Compose(Decompose(text)));

    /// <summary>The scalars of the text in form KD, combining marks in canonical order.</summary>
    internal static List<int> Decompose(string text)
    {
        var scalars = new List<int>(text.Length + 16);
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            int cp = rune.Value;
            if (cp is >= HangulBase and < HangulBase + SyllableCount)
            {
                int s = cp - HangulBase;
                scalars.Add(LeadBase + (s / (VowelCount * TailCount)));
                scalars.Add(VowelBase + (s % (VowelCount * TailCount) / TailCount));
                if (s % TailCount is > 0 and int tail)
                {
                    scalars.Add(TailBase + tail);
                }
            }
            else if (cp >= 0xA0 && Tables.Decompositions.TryGetValue(cp, out int[]? parts))
            {
                scalars.AddRange(parts);
            }
            else
            {
                scalars.Add(cp);
            }
        }

        Reorder(scalars);
        return scalars;
    }

    /// <summary>Whether the scalar is a combining mark with a class of its own.</summary>
    internal static int CombiningClass(int scalar) => scalar >= 0x300 && Tables.Classes.TryGetValue(scalar, out byte k) ? k : 0;

    private static void Reorder(List<int> scalars)
    {
        for (int i = 0; i < scalars.Count;)
        {
            if (CombiningClass(scalars[i]) == 0)
            {
                i++;
                continue;
            }

            int start = i;
            while (i < scalars.Count && CombiningClass(scalars[i]) != 0)
            {
                i++;
            }

            if (i - start > 1)
            {
                // A stable sort, not an exchange sort: ten thousand marks on one letter must not take 10^8 steps.
                int[] sorted = [.. scalars.GetRange(start, i - start).OrderBy(CombiningClass)];
                for (int j = 0; j < sorted.Length; j++)
                {
                    scalars[start + j] = sorted[j];
                }
            }
        }
    }

    private static List<int> Compose(List<int> scalars)
    {
        var composed = new List<int>(scalars.Count);
        int starter = -1;
        int lastClass = 0;
        foreach (int cp in scalars)
        {
            int k = CombiningClass(cp);
            bool blocked = starter >= 0 && starter != composed.Count - 1 && lastClass >= k;
            if (starter >= 0 && !blocked && Pair(composed[starter], cp) is int joined)
            {
                composed[starter] = joined;
                continue;
            }

            if (k == 0)
            {
                starter = composed.Count;
            }

            lastClass = k;
            composed.Add(cp);
        }

        return composed;
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + LeadCount && second is >= VowelBase and < VowelBase + VowelCount)
        {
            return HangulBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TailCount);
        }

        if (first is >= HangulBase and < HangulBase + SyllableCount && (first - HangulBase) % TailCount == 0
            && second is > TailBase and < TailBase + TailCount)
        {
            return first + second - TailBase;
        }

        return Tables.Compositions.TryGetValue((first, second), out int joined) ? joined : null;
    }

    private static string ToText(List<int> scalars)
    {
        var text = new System.Text.StringBuilder(scalars.Count);
        foreach (int cp in scalars)
        {
            text.Append(new System.Text.Rune(cp).ToString());
        }

        return text.ToString();
    }

    private static bool IsAscii(string text) => System.Text.Ascii.IsValid(text);

    private static (FrozenDictionary<int, int[]>, FrozenDictionary<(int, int), int>, FrozenDictionary<int, byte>) Load()
    {
        var decompositions = new Dictionary<int, int[]>();
        var compositions = new Dictionary<(int, int), int>();
        var classes = new Dictionary<int, byte>();
        foreach (string line in EmbeddedTable.Lines("nfkc.txt"))
        {
            string[] parts = line.Split(' ');
            int cp = Hex(parts[1]);
            switch (parts[0])
            {
                case "D":
                    decompositions[cp] = [.. parts.Skip(2).Select(Hex)];
                    break;
                case "C":
                    compositions[(Hex(parts[2]), Hex(parts[3]))] = cp;
                    break;
                case "K":
                    classes[cp] = byte.Parse(parts[2], CultureInfo.InvariantCulture);
                    break;
                default:
                    throw new InvalidDataException($"nfkc.txt: unknown line \"{line}\"");
            }
        }

        return (decompositions.ToFrozenDictionary(), compositions.ToFrozenDictionary(), classes.ToFrozenDictionary());
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
