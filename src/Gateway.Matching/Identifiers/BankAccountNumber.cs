namespace Gateway.Matching.Identifiers;

/// <summary>Bank accounts without an IBAN: "CC:number", the bank's own code being part of the number where it is stated.</summary>
internal static class BankAccountNumber
{
    internal static Verdict Normalise(string clean, string country)
    {
        (string issuing, string number) = CountryCode.Split(clean, country);
        if (InternationalBankAccount.Normalise(clean).Value is not null)
        {
            return Verdict.Refuse("bank-account-is-iban", "is an IBAN: state it as one");
        }

        if (issuing.Length == 0)
        {
            return Verdict.Refuse("bank-account-country", "needs the country of the bank, as \"CC:number\"");
        }

        string? account = Characters.Compact(number);
        return account is not { Length: >= 6 and <= 34 } || account.Count(char.IsAsciiDigit) < 6 || Characters.IsOneCharacterRepeated(account)
            ? Verdict.Refuse("bank-account-form", "is not 6 to 34 letters and digits, at least 6 of them digits")
            : Verdict.Accept($"{issuing}:{account}");
    }
}
