namespace Gateway.Matching.Identifiers;

/// <summary>The few ways in which separators leave a number.</summary>
internal static class Characters
{
    /// <summary>ASCII letters (upper case) and digits; everything else, so every separator, is left out.</summary>
    internal static string UpperAlphanumerics(string text) => Keep(text, char.IsAsciiLetterOrDigit);

    /// <summary>ASCII digits only.</summary>
    internal static string Digits(string text) => Keep(text, char.IsAsciiDigit);

    /// <summary>
    /// ASCII letters (upper case) and digits once separators (space, hyphen, dot, slash, underscore, comma, apostrophe, brackets) are gone, or null if anything
    /// else stands there: a number with a stray sign is not that number.
    /// </summary>
    internal static string? Compact(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !" -./_,'()".Contains(c, StringComparison.Ordinal))
            {
                return null;
            }
        }

        return UpperAlphanumerics(text);
    }

    internal static bool AllDigits(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>Whether one character is repeated throughout: "0000000" is a filled-in field, not a number.</summary>
    internal static bool IsOneCharacterRepeated(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(text[0]);

    internal static bool ContainsOnlyLetters(this ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('A', 'Z');

    private static string Keep(string text, Func<char, bool> wanted)
    {
        char[] kept = new char[text.Length];
        int n = 0;
        foreach (char c in text)
        {
            if (wanted(c))
            {
                kept[n++] = char.ToUpperInvariant(c);
            }
        }

        return new string(kept, 0, n);
    }
}
