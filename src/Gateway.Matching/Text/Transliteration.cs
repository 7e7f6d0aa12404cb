using System.Globalization;

namespace Gateway.Matching.Text;

/// <summary>
/// What names of six scripts are spelt like in Latin letters: readings of signs between their neighbours and an order of letters, learned from name pairs
/// (Tables/transliteration.py and transliteration_context.py). A foreign name in ideographs, kana, hangul or an abjad has to be guessed back (<see cref="SpellingSearch"/>).
/// Costs are whole numbers: every node finds the same.
/// </summary>
internal static class Transliteration
{
    /// <summary>What stands before the first sign of a word.</summary>
    internal const uint Edge = '^';

    /// <summary>What stands after the last sign of a word.</summary>
    internal const uint End = '$';

    /// <summary>The edge of a word to <see cref="Order"/>.</summary>
    internal const char WordEnd = '{';

    /// <summary>Eighths of a bit that a unit of a reading's cost counts beside the order of letters.</summary>
    internal const int ReadingWeight = 5;

    private const uint Any = '*';
    private const int Letters = 27;

    // What a letter costs on average. Readings already say how likely it is that there is one: only what the letters before it change is to be added.
    private const int AverageLetter = 32;

    private static readonly (Dictionary<(uint Before, uint Sign, uint After), Reading[]> Readings, byte[] Trigrams) Table = Load();

    /// <summary>How a sign is read between two others, likeliest first, by the most particular that is known of it; never empty.</summary>
    /// <param name="before">The sign before, or <see cref="Edge"/>.</param>
    /// <param name="sign">A UTF-16 unit, and in the upper half the small kana that is read with it.</param>
    /// <param name="after">The sign after, or <see cref="End"/>.</param>
    internal static Reading[] ReadingsOf(uint before, uint sign, uint after)
    {
        if (Table.Readings.TryGetValue((before, sign, after), out Reading[]? readings) || Table.Readings.TryGetValue((Any, sign, after), out readings)
            || Table.Readings.TryGetValue((before, sign, Any), out readings) || Table.Readings.TryGetValue((Any, sign, Any), out readings))
        {
            return readings;
        }

        return [new Reading(SignTable.TryRead((char)sign, out string latin) ? latin : "", 8)];
    }

    /// <summary>How surprising a word of Latin letters is among names, in bits: its letters one by one after the two before.</summary>
    internal static double Surprise(ReadOnlySpan<char> word)
    {
        int a = Letters - 1, b = Letters - 1, sum = 0;
        foreach (char c in word)
        {
            int letter = char.IsAsciiLetterLower(c) ? c - 'a' : Letters - 1;
            sum += Table.Trigrams[(((a * Letters) + b) * Letters) + letter];
            (a, b) = (b, letter);
        }

        return (sum + Table.Trigrams[(((a * Letters) + b) * Letters) + Letters - 1]) / 8.0;
    }

    /// <summary>What a letter costs after the two before it, in eighths of a bit.</summary>
    /// <param name="before">a–z.</param>
    /// <param name="letter">a–z or <see cref="WordEnd"/>.</param>
    internal static int Order(ReadOnlySpan<char> before, char letter)
    {
        int a = before.Length > 1 ? before[^2] - 'a' : Letters - 1, b = before.Length > 0 ? before[^1] - 'a' : Letters - 1;
        return Table.Trigrams[(((a * Letters) + b) * Letters) + (letter - 'a')] - AverageLetter;
    }

    private static (Dictionary<(uint, uint, uint), Reading[]>, byte[]) Load()
    {
        Dictionary<(uint, uint, uint), Reading[]> readings = [];
        byte[] trigrams = [];
        foreach (string line in EmbeddedTable.Lines("transliteration.txt"))
        {
            string[] parts = line.Split(' ');
            if (parts[0] == "trigrams")
            {
                trigrams = Convert.FromBase64String(parts[1]);
                continue;
            }

            uint sign = SignOf(parts[0]), place = SignOf(parts[1]);
            readings[(place == Edge ? place : Any, sign, place == End ? place : Any)] = ReadingsIn(parts.AsSpan(2));
        }

        foreach (string line in EmbeddedTable.Lines("transliteration_context.txt"))
        {
            string[] parts = line.Split(' ');
            readings[(SignOf(parts[1]), SignOf(parts[0]), SignOf(parts[2]))] = ReadingsIn(parts.AsSpan(3));
        }

        return trigrams.Length == Letters * Letters * Letters ? (readings, trigrams) : throw new InvalidDataException("transliteration.txt: the trigrams are missing.");
    }

    private static uint SignOf(string sign) => sign.Length > 1 ? sign[0] | ((uint)sign[1] << 16) : sign[0];

    private static Reading[] ReadingsIn(ReadOnlySpan<string> parts)
    {
        Reading[] readings = new Reading[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            string[] reading = parts[i].Split('=');
            readings[i] = new Reading(reading[0], int.Parse(reading[1], CultureInfo.InvariantCulture));
        }

        return readings;
    }
}

/// <summary>Latin letters that a sign may be read as, maybe none, and what that costs in quarters of a bit.</summary>
internal readonly record struct Reading(string Latin, int Cost);
