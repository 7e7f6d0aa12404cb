namespace Gateway.Matching.Identifiers;

/// <summary>Freight containers (ISO 6346): owner code and category letter, six digits, check digit.</summary>
internal static class FreightContainer
{
    internal static Verdict Normalise(string clean)
    {
        string? text = Characters.Compact(clean);
        if (text is not { Length: 11 } || !text.AsSpan(0, 4).ContainsOnlyLetters() || !Characters.AllDigits(text.AsSpan(4)))
        {
            return Verdict.Refuse("container-form", "is not four letters and seven digits");
        }

        if (text[3] is not ('U' or 'J' or 'Z'))
        {
            return Verdict.Refuse("container-category", "has a fourth letter other than U, J or Z");
        }

        int sum = 0;
        for (int i = 0; i < 10; i++)
        {
            sum += Value(text[i]) << i;
        }

        // A remainder of 10 is written 0: the standard advises against such numbers, but they sail.
        return sum % 11 % 10 == text[10] - '0' ? Verdict.Accept(text) : Verdict.Refuse("container-check-digit", "check digit does not match");
    }

    // ISO 6346 annex A: letters count from 10 upward, leaving out the multiples of 11.
    private static int Value(char c)
    {
        if (char.IsAsciiDigit(c))
        {
            return c - '0';
        }

        return c - 'A' + 10 + Skipped(c);
    }

    private static int Skipped(char c) => c switch { 'A' => 0, <= 'K' => 1, <= 'U' => 2, _ => 3 };
}
