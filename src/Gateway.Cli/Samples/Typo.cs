namespace Gateway.Cli.Samples;

/// <summary>One letter wrong, as typists do it.</summary>
internal static class Typo
{
    private const string Vowels = "AEIOU";

    private static readonly Dictionary<char, char> Neighbours = new()
    {
        ['B'] = 'V', ['C'] = 'V', ['D'] = 'F', ['F'] = 'G', ['G'] = 'H', ['H'] = 'J', ['J'] = 'K', ['K'] = 'L', ['L'] = 'K', ['M'] = 'N',
        ['N'] = 'M', ['P'] = 'L', ['Q'] = 'W', ['R'] = 'T', ['S'] = 'D', ['T'] = 'R', ['V'] = 'B', ['W'] = 'Q', ['X'] = 'C', ['Y'] = 'T', ['Z'] = 'X',
    };

    /// <summary>The name with one letter wrong in its longest word, and what went wrong; two empty texts where no word is long enough.</summary>
    public static (string Detail, string Name) In(string name, SplitMix64 random)
    {
        string word = name.Split([' ', ',', '.', '"', '-', '\''], StringSplitOptions.RemoveEmptyEntries).MaxBy(part => part.Count(char.IsAsciiLetter)) ?? "";
        if (word.Length < 5 || !word.All(char.IsAsciiLetter))
        {
            return ("", "");
        }

        // Not the first letter: people seldom get that one wrong.
        int position = 1 + random.Below(word.Length - 1);
        char letter = word[position];
        bool vowel = Vowels.Contains(char.ToUpperInvariant(letter), StringComparison.Ordinal);
        int start = name.IndexOf(word, StringComparison.Ordinal) + position;
        if (random.Chance(30))
        {
            return ("DOUBLED", name.Insert(start, char.ToString(letter)));
        }

        char capital = char.ToUpperInvariant(letter);
        char wrong = vowel ? Vowels[(Vowels.IndexOf(capital, StringComparison.Ordinal) + 1 + random.Below(4)) % 5] : Neighbours[capital];
        wrong = char.IsAsciiLetterLower(letter) ? char.ToLowerInvariant(wrong) : wrong;
        return (vowel ? "VOWEL" : "CONSONANT", name[..start] + wrong + name[(start + 1)..]);
    }
}
