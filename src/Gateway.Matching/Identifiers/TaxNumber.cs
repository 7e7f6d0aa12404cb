namespace Gateway.Matching.Identifiers;

/// <summary>Tax numbers other than VAT numbers, "CC:number".</summary>
internal static class TaxNumber
{
    internal static Verdict Normalise(string clean, string country)
    {
        (string issuing, string stated) = CountryCode.Split(clean, country);
        if (issuing.Length == 0)
        {
            return Verdict.Refuse("tax-number-country", "needs the country, as \"CC:number\"");
        }

        // Ñ and & stand in Mexican numbers; they have no other spelling there, so N and nothing take their place for the form only.
        string compactable = issuing == "MX" ? stated.Replace('Ñ', 'N').Replace('ñ', 'N').Replace('&', 'X') : stated;
        if (Characters.Compact(compactable) is not { } number)
        {
            return Verdict.Refuse("tax-number-form", "holds something other than letters, digits and separators");
        }

        number = number.Length > 7 && number.StartsWith(issuing, StringComparison.Ordinal) && Check(issuing, number) is not true ? number[2..] : number;
        if (issuing == "CO" && Colombian(stated, number) is { } colombian)
        {
            return colombian;
        }

        bool? holds = Check(issuing, number);
        if (holds is false || Characters.IsOneCharacterRepeated(number))
        {
            return Verdict.Refuse("tax-number-check-digit", $"is no tax number of {issuing}: form or check digit do not match");
        }

        return holds is null && (number.Length is < 5 or > 25 || number.Count(char.IsAsciiDigit) < 4)
            ? Verdict.Refuse("tax-number-form", "is not 5 to 25 letters and digits, at least 4 of them digits")
            : Verdict.Accept($"{issuing}:{number}");
    }

    // A NIT is written with and without its check digit: the form without is the normal one. A hyphen before the last digit says that it is there.
    private static Verdict? Colombian(string stated, string number)
    {
        bool marked = stated.Length > 2 && stated[^2] == '-';
        if (!marked && (number.Length != 10 || number[0] is not ('8' or '9')))
        {
            return null;
        }

        return NationalNumberChecks.ColombianTaxpayer(number)
            ? Verdict.Accept($"CO:{number[..^1]}")
            : marked ? Verdict.Refuse("tax-number-check-digit", "is no tax number of CO: form or check digit do not match") : null;
    }

    private static bool? Check(string country, string s) => country switch
    {
        "RU" => NationalNumberChecks.RussianTaxpayer(s) || NationalNumberChecks.RussianRegistration(s),
        "CN" => NationalNumberChecks.ChineseCreditCode(s) || NationalNumberChecks.ChineseLicence(s) || NationalNumberChecks.ChineseResident(s),
        "KR" => NationalNumberChecks.KoreanBusiness(s) || NationalNumberChecks.KoreanCorporation(s),
        "BR" => NationalNumberChecks.BrazilianCompany(s) || NationalNumberChecks.BrazilianPerson(s),
        "MX" => NationalNumberChecks.MexicanTaxpayer(s),
        "AR" => NationalNumberChecks.ArgentineTaxpayer(s),
        "PE" => NationalNumberChecks.PeruvianTaxpayer(s),
        "CL" => NationalNumberChecks.ChileanTaxpayer(s),
        "TR" when s.Length == 10 => NationalNumberChecks.TurkishTaxpayer(s),
        "IN" when s.Length == 15 => NationalNumberChecks.IndianGoodsTax(s),
        "JP" when s.Length == 13 => NationalNumberChecks.JapaneseCorporation(s),
        "AU" when s.Length == 11 => NationalNumberChecks.AustralianBusiness(s),
        "PL" when s.Length == 10 => VatChecks.Poland(s),
        "IT" when s.Length == 11 => VatChecks.Italy(s),
        "ES" => VatChecks.Spain(s),
        "GR" => VatChecks.Greece(s),
        "PT" => VatChecks.Portugal(s),
        "HR" => VatChecks.Croatia(s),
        _ => null,
    };
}
