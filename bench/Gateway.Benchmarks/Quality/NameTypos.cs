namespace Gateway.Benchmarks.Quality;

/// <summary>Names as they arrive: mistyped, shuffled, shortened, with another legal form. The same seed gives the same.</summary>
internal sealed class NameTypos(int seed)
{
    private static readonly string[] LegalForms = ["Ltd", "LLC", "GmbH", "S.A.", "Co., Ltd.", "Inc."];

    private readonly Random _random = new(seed);

    /// <summary>One letter replaced, dropped, added, or two neighbours exchanged, anywhere but in legal forms' place: in a word of at least 3 letters.</summary>
    public string Typo(string name)
    {
        int[] places = [.. Enumerable.Range(0, name.Length).Where(i => char.IsLetter(name[i]) && WordLength(name, i) >= 3)];
        if (places.Length == 0) return name;
        int at = places[_random.Next(places.Length)];
        char letter = (char)('a' + _random.Next(26));
        letter = char.IsUpper(name[at]) ? char.ToUpperInvariant(letter) : letter;
        string typo = _random.Next(4) switch
        {
            0 => name[..at] + letter + name[(at + 1)..],
            1 => name.Remove(at, 1),
            2 => name.Insert(at, letter.ToString()),
            _ => at + 1 < name.Length && char.IsLetter(name[at + 1]) ? name[..at] + name[at + 1] + name[at] + name[(at + 2)..] : name.Remove(at, 1),
        };
        return typo == name ? Typo(name) : typo;
    }

    /// <summary>Two typos, and one of: words shuffled, a word dropped (of three or more), a word as its initial (of three or more), another or no legal form (companies).</summary>
    public string Hard(string name, bool company)
    {
        string typos = Typo(Typo(name));
        string[] words = typos.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int way = _random.Next(company ? 4 : 3);
        if (words.Length < 3 && way is 1 or 2) way = 0;
        int word = _random.Next(words.Length);
        switch (way)
        {
            case 0:
                _random.Shuffle(words);
                break;
            case 1:
                words = [.. words.Where((_, i) => i != word)];
                break;
            case 2:
                words[word] = words[word][..1] + ".";
                break;
            default:
                words = [.. words, LegalForms[_random.Next(LegalForms.Length)]];
                break;
        }

        return string.Join(' ', words);
    }

    private static int WordLength(string name, int at)
    {
        int start = at, end = at;
        while (start > 0 && char.IsLetter(name[start - 1])) start--;
        while (end < name.Length && char.IsLetter(name[end])) end++;
        return end - start;
    }
}
