using System.Globalization;

namespace Gateway.Matching.Text;

/// <summary>
/// How names of six scripts are most likely spelt in Latin letters, by readings of signs and an order of letters learned from name pairs (Tables/transliteration.py): a
/// foreign name in ideographs, kana, hangul or an abjad has to be guessed back, and several guesses are kept. Costs are whole numbers: every node finds the same.
/// </summary>
internal static class Transliteration
{
    private const int Beam = 32;
    private const int LongestWord = 24;
    private const int LongestSpelling = 32;
    private const int Letters = 27;
    private const int EmissionWeight = 4;

    private static readonly (Dictionary<string, Reading[]> Readings, byte[] Trigrams) Table = Load();

    /// <summary>The most likely spellings, best first, ties in order of the alphabet.</summary>
    /// <param name="script">The word's script.</param>
    /// <param name="word">Clean lower-case text of that script.</param>
    /// <param name="most">How many.</param>
    /// <returns>Fewer or none if too much of the word is unknown.</returns>
    internal static List<string> Spellings(Script script, string word, int most)
    {
        List<string> signs = Signs(script, word);
        List<Guess> beam = [new Guess("", 0)];
        for (int i = 0; i < signs.Count && i < LongestWord; i++)
        {
            beam = Extend(beam, ReadingsOf(signs[i], i == 0 ? '^' : i == signs.Count - 1 ? '$' : '*'));
        }

        IEnumerable<Guess> done = beam.Where(guess => guess.Latin.Length > 0).Select(guess => guess with { Cost = guess.Cost + Order(guess.Latin, '{') });
        return [.. done.OrderBy(guess => guess.Cost).ThenBy(guess => guess.Latin, StringComparer.Ordinal).Take(most).Select(guess => guess.Latin)];
    }

    private static List<Guess> Extend(List<Guess> beam, Reading[] readings)
    {
        Dictionary<string, int> next = new(beam.Count * readings.Length, StringComparer.Ordinal);
        foreach (Guess guess in beam)
        {
            foreach (Reading reading in readings)
            {
                if (guess.Latin.Length + reading.Latin.Length > LongestSpelling)
                {
                    continue;
                }

                int cost = guess.Cost + (EmissionWeight * reading.Cost);
                string latin = guess.Latin;
                foreach (char letter in reading.Latin)
                {
                    cost += Order(latin, letter);
                    latin += letter;
                }

                next[latin] = next.TryGetValue(latin, out int other) ? Math.Min(cost, other) : cost;
            }
        }

        return [.. next.Select(entry => new Guess(entry.Key, entry.Value)).OrderBy(guess => guess.Cost).ThenBy(guess => guess.Latin, StringComparer.Ordinal).Take(Beam)];
    }

    // What a letter costs after the two before it, in eighths of a bit; "{" is the edge of the word.
    private static int Order(string before, char letter)
    {
        int a = before.Length > 1 ? before[^2] - 'a' : Letters - 1, b = before.Length > 0 ? before[^1] - 'a' : Letters - 1;
        return Table.Trigrams[(((a * Letters) + b) * Letters) + (letter - 'a')];
    }

    private static Reading[] ReadingsOf(string sign, char place)
    {
        if (Table.Readings.TryGetValue(place + sign, out Reading[]? readings) || Table.Readings.TryGetValue("*" + sign, out readings))
        {
            return readings;
        }

        return [new Reading(SignTable.TryRead(sign[0], out string latin) ? latin : "", 8)];
    }

    /// <summary>What is read as one: a kana with the small one after it, each of the three parts of a syllable of hangul, else a letter.</summary>
    private static List<string> Signs(Script script, string word)
    {
        List<string> signs = [];
        foreach (char c in word)
        {
            int syllable = c - 0xAC00;
            if (script == Script.Hangul && syllable is >= 0 and < 11_172)
            {
                signs.Add(((char)(0x1100 + (syllable / 588))).ToString());
                signs.Add(((char)(0x1161 + (syllable % 588 / 28))).ToString());
                if (syllable % 28 > 0)
                {
                    signs.Add(((char)(0x11A7 + (syllable % 28))).ToString());
                }

                continue;
            }

            char sign = script == Script.Kana && c is >= '\u3041' and <= '\u3096' ? (char)(c + 0x60) : c;
            if (script == Script.Kana && signs.Count > 0 && "ァィゥェォャュョヮ".Contains(sign, StringComparison.Ordinal))
            {
                signs[^1] += sign;
            }
            else if (char.IsLetter(sign))
            {
                signs.Add(sign.ToString());
            }
        }

        return signs;
    }

    private static (Dictionary<string, Reading[]>, byte[]) Load()
    {
        Dictionary<string, Reading[]> readings = new(StringComparer.Ordinal);
        byte[] trigrams = [];
        foreach (string line in EmbeddedTable.Lines("transliteration.txt"))
        {
            string[] parts = line.Split(' ');
            if (parts[0] == "trigrams")
            {
                trigrams = Convert.FromBase64String(parts[1]);
                continue;
            }

            readings[parts[1] + parts[0]] = [.. parts.Skip(2).Select(part => part.Split('=')).Select(part => new Reading(part[0], int.Parse(part[1], CultureInfo.InvariantCulture)))];
        }

        return trigrams.Length == Letters * Letters * Letters ? (readings, trigrams) : throw new InvalidDataException("transliteration.txt: the trigrams are missing.");
    }

    private readonly record struct Reading(string Latin, int Cost);

    private readonly record struct Guess(string Latin, int Cost);
}
