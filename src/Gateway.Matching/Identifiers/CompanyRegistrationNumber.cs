namespace Gateway.Matching.Identifiers;

/// <summary>Company registrations, "CC:number". Where every number of the country's registers has a check digit it must hold; elsewhere separators go and no more.</summary>
internal static class CompanyRegistrationNumber
{
    internal static Verdict Normalise(string clean, string country)
    {
        (string issuing, string stated) = CountryCode.Split(clean, country);
        if (Characters.Compact(stated) is not { Length: > 0 } number)
        {
            return Verdict.Refuse("registration-form", "holds something other than letters, digits and separators");
        }

        if (issuing.Length == 0)
        {
            // The one register whose numbers say themselves where they are from.
            return NationalNumberChecks.ChineseCreditCode(number)
                ? Verdict.Accept($"CN:{number}")
                : Verdict.Refuse("registration-country", "needs the country of the register, as \"CC:number\"");
        }

        number = Bare(issuing, number);
        if (Characters.IsOneCharacterRepeated(number))
        {
            return Verdict.Refuse("registration-form", "is one character repeated");
        }

        bool? holds = Check(issuing, number);
        if (holds is false)
        {
            return Verdict.Refuse("registration-check-digit", $"is no registration of {issuing}: form or check digit do not match");
        }

        return holds is null && (number.Length is < 4 or > 25 || number.Count(char.IsAsciiDigit) < 3)
            ? Verdict.Refuse("registration-form", "is not 4 to 25 letters and digits, at least 3 of them digits")
            : Verdict.Accept($"{issuing}:{number}");
    }

    // The country's own prefix, branch numbers and padding say nothing about which company it is.
    private static string Bare(string country, string number) => country switch
    {
        "GB" when number.Length < 8 && Characters.AllDigits(number) => number.PadLeft(8, '0'),
        "FR" when number.Length == 14 && Characters.AllDigits(number) && CheckDigits.Luhn(number) => number[..9],
        "CH" when number.StartsWith("CHE", StringComparison.Ordinal) => number[3..],
        "BE" when number.Length == 9 && Characters.AllDigits(number) => "0" + number,
        _ => number,
    };

    private static bool? Check(string country, string s) => country switch
    {
        "CN" => NationalNumberChecks.ChineseCreditCode(s) || NationalNumberChecks.ChineseLicence(s) || NationalNumberChecks.ChineseOrganisation(s),
        "RU" => NationalNumberChecks.RussianRegistration(s) || NationalNumberChecks.RussianTaxpayer(s),
        "KR" => NationalNumberChecks.KoreanBusiness(s) || NationalNumberChecks.KoreanCorporation(s),
        "BR" => NationalNumberChecks.BrazilianCompany(s),
        "FR" => NationalNumberChecks.FrenchCompany(s),
        "SE" => NationalNumberChecks.SwedishOrganisation(s),
        "NO" => VatChecks.Norway(s),
        "DK" => VatChecks.Denmark(s),
        "BE" => VatChecks.Belgium(s),
        "FI" => VatChecks.Finland(s),
        "JP" when s.Length == 13 => NationalNumberChecks.JapaneseCorporation(s),
        "AU" when s.Length == 11 => NationalNumberChecks.AustralianBusiness(s),
        "GB" => s.Length == 8 && Characters.AllDigits(s.AsSpan(2)) && (Characters.AllDigits(s) || s.AsSpan(0, 2).ContainsOnlyLetters()) ? null : false,
        "CH" when s.Length == 9 => VatChecks.Switzerland("E" + s),
        _ => null,
    };
}
