namespace Gateway.Matching.Text;

/// <summary>
/// Guesses how names of six scripts are most likely spelt in Latin letters (<see cref="Transliteration"/>): sign by sign, the likeliest beginnings are kept and continued by each
/// reading of the next sign. Holds what it works with and is used again; for one thread at a time. Allocates the spellings found and nothing else.
/// </summary>
internal sealed class SpellingSearch
{
    private const int Beam = 20;

    // Guesses this many eighths of a bit behind the best, before the order of letters is counted, are dropped at once: nine in ten are.
    private const int Margin = 128;
    private const int LongestWord = 24;
    private const int LongestSpelling = 32;

    private readonly uint[] _signs = new uint[LongestWord + 1];

    // Two sets of beginnings, taken in turns, each best first, with the place of their letters; one place more than there are beginnings, for the newcomer.
    private Guess[] _guesses = new Guess[Beam + 1], _next = new Guess[Beam + 1];
    private char[] _letters = new char[(Beam + 1) * LongestSpelling], _nextLetters = new char[(Beam + 1) * LongestSpelling];
    private int _count, _free;

    /// <summary>The most likely spellings, best first, ties in order of the alphabet.</summary>
    /// <param name="script">The word's script.</param>
    /// <param name="word">Clean lower-case text of that script.</param>
    /// <param name="most">How many.</param>
    /// <returns>Fewer or none if too much of the word is unknown.</returns>
    internal List<string> Spellings(Script script, ReadOnlySpan<char> word, int most)
    {
        int signs = ReadSigns(script, word);
        _guesses[0] = new Guess(0, 0, 0, 0);
        _count = 1;
        for (int i = 0; i < signs && i < LongestWord; i++)
        {
            if (!Extend(Transliteration.ReadingsOf(i > 0 ? _signs[i - 1] : Transliteration.Edge, _signs[i], i < signs - 1 ? _signs[i + 1] : Transliteration.End)))
            {
                // Everything has become too long: what is there will do.
                break;
            }
        }

        return Best(most);
    }

    private List<string> Best(int most)
    {
        int found = 0;
        for (int i = 0; i < _count; i++)
        {
            Guess guess = _guesses[i];
            if (guess.Length > 0)
            {
                ReadOnlySpan<char> latin = Latin(guess);
                guess = guess with { Cost = guess.Cost + Transliteration.Order(latin, Transliteration.WordEnd) };
                Insert(_guesses, _letters, found++, guess);
            }
        }

        List<string> spellings = new(Math.Min(found, most));
        for (int i = 0; i < found && i < most; i++)
        {
            spellings.Add(new string(Latin(_guesses[i])));
        }

        return spellings;
    }

    private bool Extend(Reading[] readings)
    {
        _free = 0;
        int found = 0, most = _guesses[0].Cost + (Transliteration.ReadingWeight * readings[0].Cost) + Margin;
        for (int i = 0; i < _count; i++)
        {
            Guess guess = _guesses[i];
            foreach (Reading reading in readings)
            {
                int cost = guess.Cost + (Transliteration.ReadingWeight * reading.Cost);
                if (cost <= most && guess.Length + reading.Latin.Length <= LongestSpelling)
                {
                    found = Offer(guess, reading.Latin, cost, found);
                }
            }
        }

        if (found == 0)
        {
            return false;
        }

        (_guesses, _next, _letters, _nextLetters, _count) = (_next, _guesses, _nextLetters, _letters, found);
        return true;
    }

    // Takes a continued beginning up where it is among the best, each once; returns how many there are now.
    private int Offer(Guess guess, string more, int cost, int found)
    {
        Span<char> letters = _nextLetters.AsSpan(_free * LongestSpelling, LongestSpelling);
        Latin(guess).CopyTo(letters);
        ulong hash = guess.Hash;
        int length = guess.Length;
        foreach (char letter in more)
        {
            cost += Transliteration.Order(letters[..length], letter);
            letters[length++] = letter;
            hash = (hash ^ letter) * 1_099_511_628_211;
        }

        if (found == Beam && cost > _next[Beam - 1].Cost)
        {
            return found;
        }

        for (int i = 0; i < found; i++)
        {
            if (_next[i].Hash == hash && _next[i].Length == length)
            {
                if (_next[i].Cost <= cost)
                {
                    return found;
                }

                Array.Copy(_next, i + 1, _next, i, found - i - 1);
                found--;
                break;
            }
        }

        Insert(_next, _nextLetters, found, new Guess(cost, length, _free, hash));
        found = Math.Min(found + 1, Beam);
        _free = FreePlace(found);
        return found;
    }

    // The lowest place that none of the guesses holds: there is one more than guesses.
    private int FreePlace(int found)
    {
        int taken = 0;
        for (int i = 0; i < found; i++)
        {
            taken |= 1 << _next[i].Place;
        }

        return System.Numerics.BitOperations.TrailingZeroCount(~taken);
    }

    private static void Insert(Guess[] guesses, char[] letters, int count, Guess guess)
    {
        int i = count;
        for (; i > 0 && IsBefore(guess, guesses[i - 1], letters); i--)
        {
            guesses[i] = guesses[i - 1];
        }

        guesses[i] = guess;
    }

    private static bool IsBefore(Guess guess, Guess other, char[] letters) => guess.Cost < other.Cost || (guess.Cost == other.Cost
        && letters.AsSpan(guess.Place * LongestSpelling, guess.Length).SequenceCompareTo(letters.AsSpan(other.Place * LongestSpelling, other.Length)) < 0);

    private ReadOnlySpan<char> Latin(Guess guess) => _letters.AsSpan(guess.Place * LongestSpelling, guess.Length);

    // What is read as one: a kana with the small one after it, each of the three parts of a syllable of hangul, else a letter.
    private int ReadSigns(Script script, ReadOnlySpan<char> word)
    {
        int n = 0;
        foreach (char c in word)
        {
            int syllable = c - 0xAC00;
            if (script == Script.Hangul && syllable is >= 0 and < 11_172)
            {
                n = Take(n, (uint)(0x1100 + (syllable / 588)));
                n = Take(n, (uint)(0x1161 + (syllable % 588 / 28)));
                n = syllable % 28 > 0 ? Take(n, (uint)(0x11A7 + (syllable % 28))) : n;
                continue;
            }

            char sign = script == Script.Kana && c is >= '\u3041' and <= '\u3096' ? (char)(c + 0x60) : c;
            if (script == Script.Kana && n > 0 && _signs[n - 1] <= char.MaxValue && "ァィゥェォャュョヮ".Contains(sign, StringComparison.Ordinal))
            {
                _signs[n - 1] |= (uint)sign << 16;
            }
            else if (char.IsLetter(sign))
            {
                n = Take(n, sign);
            }
        }

        return n;
    }

    private int Take(int n, uint sign)
    {
        if (n < _signs.Length)
        {
            _signs[n++] = sign;
        }

        return n;
    }

    /// <summary>A beginning of a spelling: its cost in eighths of a bit, how many letters and where they stand.</summary>
    private readonly record struct Guess(int Cost, int Length, int Place, ulong Hash);
}
