using System.Globalization;
using System.Text;

namespace Gateway.Matching.Text;

/// <summary>
/// The first step of every normalisation: what looks the same becomes the same. Form KC (so full-width, mathematical and other compatibility letters
/// are plain ones), digits of every script as ASCII digits, every dash as "-", every run of white space as one space, nothing invisible.
/// </summary>
internal static class CleanText
{
    /// <summary>The cleaned text, trimmed. What was no valid Unicode is U+FFFD in it, so that the caller can refuse it.</summary>
    internal static string Of(string raw)
    {
        // Most text is ASCII and clean already: 0.1 µs instead of 2.
        if (IsPlain(raw))
        {
            return raw.Trim(' ');
        }

        string text = Nfkc.Of(raw);
        var clean = new StringBuilder(text.Length);
        bool space = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int cp = rune.Value;
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (Rune.IsWhiteSpace(rune))
            {
                space = clean.Length > 0;
                continue;
            }

            if (IsInvisible(cp, category))
            {
                continue;
            }

            if (space)
            {
                clean.Append(' ');
                space = false;
            }

            if (category == UnicodeCategory.DecimalDigitNumber)
            {
                clean.Append((char)('0' + (int)Rune.GetNumericValue(rune)));
            }
            else if (category == UnicodeCategory.DashPunctuation || cp == 0x2212)
            {
                clean.Append('-');
            }
            else
            {
                Append(clean, rune, cp);
            }
        }

        return clean.ToString();
    }

    private static bool IsPlain(string raw) =>
        !raw.AsSpan().ContainsAnyExceptInRange(' ', '~') && !raw.Contains('`', StringComparison.Ordinal) && !raw.Contains("  ", StringComparison.Ordinal);

    private static void Append(StringBuilder clean, Rune rune, int cp)
    {
        switch (cp)
        {
            case 0x2018 or 0x2019 or 0x201B or 0x02BC or 0x02BB or 0x00B4 or 0x0060 or 0x2032:
                clean.Append('\'');
                break;
            default:
                Span<char> units = stackalloc char[2];
                clean.Append(units[..rune.EncodeToUtf16(units)]);
                break;
        }
    }

    // Controls, zero-width characters, direction marks, soft hyphens, variation selectors, fillers and tags: a reader does not see them.
    private static bool IsInvisible(int cp, UnicodeCategory category) =>
        category is UnicodeCategory.Control or UnicodeCategory.Format
        || cp is 0x034F or 0x115F or 0x1160 or 0x3164 or 0xFFA0 or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF)
            or (>= 0x180B and <= 0x180F) or 0x2800;
}
