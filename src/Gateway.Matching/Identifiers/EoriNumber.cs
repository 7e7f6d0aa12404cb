using System.Collections.Frozen;

namespace Gateway.Matching.Identifiers;

/// <summary>EORI numbers (Regulation (EU) 2015/2447, annex B, data element 3/2 ff.): country and up to fifteen characters that are unique there.</summary>
internal static class EoriNumber
{
    private static readonly FrozenSet<string> Issuers = FrozenSet.Create(StringComparer.Ordinal,
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI");

    internal static Verdict Normalise(string clean)
    {
        if (Characters.Compact(clean) is not { Length: >= 5 and <= 17 } text || !text.AsSpan(0, 2).ContainsOnlyLetters())
        {
            return Verdict.Refuse("eori-form", "is not a country and 3 to 15 letters and digits");
        }

        string country = text[..2] == "EL" ? "GR" : text[..2];
        string number = text[2..];
        if (!Issuers.Contains(country))
        {
            return Verdict.Refuse("eori-country", $"begins with {country}, which gives out no EORI numbers");
        }

        // The British form is the VAT number and 000, or another twelve digits for who has none: 12 digits are promised, check digits are not. (15 with a branch.)
        if (country is "GB" or "XI" && (number.Length is not (12 or 15) || !Characters.AllDigits(number)))
        {
            return Verdict.Refuse("eori-form", "is not twelve digits after the country");
        }

        return !number.Any(char.IsAsciiDigit) || Characters.IsOneCharacterRepeated(number)
            ? Verdict.Refuse("eori-form", "has no number after the country")
            : Verdict.Accept(country + number);
    }
}
