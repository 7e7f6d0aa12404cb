namespace Gateway.Matching.Identifiers;

/// <summary>Postal items (UPU S10): two letters of the service, eight digits and a check digit, the country's two letters.</summary>
internal static class PostalItemNumber
{
    internal static Verdict Normalise(string clean)
    {
        string? text = Characters.Compact(clean);
        if (text is not { Length: 13 } || !text.AsSpan(0, 2).ContainsOnlyLetters() || !Characters.AllDigits(text.AsSpan(2, 9))
            || !text.AsSpan(11).ContainsOnlyLetters())
        {
            return Verdict.Refuse("postal-item-form", "is not two letters, nine digits and two letters");
        }

        int check = 11 - (CheckDigits.Weighted(text.AsSpan(2, 8), 8, 6, 4, 2, 3, 5, 9, 7) % 11);
        check = check switch { 10 => 0, 11 => 5, _ => check };
        return check == text[10] - '0' ? Verdict.Accept(text) : Verdict.Refuse("postal-item-check-digit", "check digit does not match");
    }
}
