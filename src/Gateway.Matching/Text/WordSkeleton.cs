namespace Gateway.Matching.Text;

/// <summary>
/// What is left of a word however it is romanised: its consonants in classes, one sign a class, runs once (docs/keys.md lists the rules). Two grades: fine keeps hissing from
/// hushing and voiced from voiceless; coarse keeps neither, nor k from kh and h. For plain Latin letters; allocates nothing.
/// </summary>
internal static class WordSkeleton
{
    /// <summary>The longest skeleton.</summary>
    internal const int Longest = 16;

    /// <summary>Writes the fine skeleton. Soft c and g are read as hissing and hushing.</summary>
    /// <param name="word">a–z and digits.</param>
    /// <param name="skeleton">At least <see cref="Longest"/> characters.</param>
    /// <returns>Its length; 0 for a word with less than two consonants.</returns>
    internal static int Fine(ReadOnlySpan<char> word, Span<char> skeleton) => Write(word, skeleton, coarse: false);

    /// <summary>Writes the coarse skeleton.</summary>
    /// <inheritdoc cref="Fine"/>
    internal static int Coarse(ReadOnlySpan<char> word, Span<char> skeleton) => Write(word, skeleton, coarse: true);

    private static int Write(ReadOnlySpan<char> word, Span<char> skeleton, bool coarse)
    {
        int n = 0, consonants = 0;
        for (int i = 0; i < word.Length && n < Longest;)
        {
            int read = Next(word, i, out char sound, out char second);
            if (coarse)
            {
                sound = Coarser(sound);
            }

            if (sound == 'a')
            {
                // Vowels count at the beginning only, and there all are alike.
                if (i == 0)
                {
                    skeleton[n++] = 'a';
                }
            }
            else if (sound != '\0' && (n == 0 || skeleton[n - 1] != sound || char.IsAsciiDigit(sound)))
            {
                skeleton[n++] = sound;
                consonants++;
            }

            if (second != '\0' && n < Longest)
            {
                skeleton[n++] = second;
                consonants++;
            }

            i += read;
        }

        // "-ov", "-off", "-ow": a final v is heard as f.
        if (n > 1 && skeleton[n - 1] == 'v')
        {
            skeleton[n - 1] = 'f';
        }

        return consonants < 2 ? 0 : n;
    }

    private static char Coarser(char sound) => sound switch
    {
        'j' => 's',
        'g' => 'k',
        'd' => 't',
        'b' => 'p',
        'v' or 'w' => 'f',
        'x' or 'h' => '\0',
        _ => sound,
    };

    // The letters from here that are one sound, and the sound: a vowel, j hushing, s hissing, x as in kh, w, h, others by their letter; '\0' is not heard.
    private static int Next(ReadOnlySpan<char> word, int i, out char sound, out char second)
    {
        char c = word[i];
        char c1 = i + 1 < word.Length ? word[i + 1] : '\0';
        char c2 = i + 2 < word.Length ? word[i + 2] : '\0';
        bool first = i == 0;
        second = '\0';
        switch (c)
        {
            case 'a' or 'e' or 'i' or 'o' or 'u':
                sound = 'a';
                return 1;
            case 'y':
                sound = 'a';
                return 1;
            case 'h':
                sound = first ? 'h' : '\0';
                return 1;
            case 's':
                if (c1 == 'h' && c2 == 'c' && word[i..].StartsWith("shch")) { sound = 'j'; return 4; }
                if (c1 == 'c' && c2 == 'h') { sound = 'j'; return 3; }
                if (c1 is 'h' or 'z') { sound = 'j'; return 2; }
                sound = 's';
                return 1;
            case 't':
                if (c1 == 's' && c2 == 'c' && word[i..].StartsWith("tsch")) { sound = 'j'; return 4; }
                if (c1 == 'c' && c2 == 'h') { sound = 'j'; return 3; }
                if (c1 is 's' or 'z') { sound = 's'; return 2; }
                sound = 't';
                return c1 == 'h' ? 2 : 1;
            case 'd':
                if (c1 == 'z' && c2 == 'h') { sound = 'j'; return 3; }
                if (c1 == 'j') { sound = 'j'; return 2; }
                sound = 'd';
                return c1 == 'h' ? 2 : 1;
            case 'z':
                sound = c1 == 'h' ? 'j' : 's';
                return c1 == 'h' ? 2 : 1;
            case 'c':
                if (c1 is 'h' or 'z') { sound = 'j'; return 2; }
                if (c1 is 'k') { sound = 'k'; return 2; }
                sound = c1 is 'e' or 'i' or 'y' ? 's' : 'k';
                return 1;
            case 'j':
                sound = 'j';
                return 1;
            case 'k':
                sound = c1 == 'h' ? 'x' : 'k';
                return c1 == 'h' ? 2 : 1;
            case 'g':
                sound = c1 is 'e' or 'i' or 'y' ? 'j' : 'g';
                return c1 == 'h' ? 2 : 1;
            case 'q':
                sound = 'k';
                return c1 == 'u' ? 2 : 1;
            case 'x':
                sound = 'k';
                second = 's';
                return 1;
            case 'p':
                sound = c1 == 'h' ? 'f' : 'p';
                return c1 == 'h' ? 2 : 1;
            case 'b' or 'r':
                sound = c;
                return c1 == 'h' ? 2 : 1;
            case 'w':
                // Between a vowel and the end, or before a consonant, it only lengthens the vowel.
                sound = c1 is 'a' or 'e' or 'i' or 'o' or 'u' or 'y' ? 'v' : '\0';
                return 1;
            default:
                sound = c;
                return 1;
        }
    }
}
