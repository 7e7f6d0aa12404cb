using System.Collections.Frozen;

namespace Gateway.Matching.Identifiers;

/// <summary>VAT numbers with their country prefix; the European ones by their check digits. Greece's prefix is EL and Northern Ireland's XI, as in VIES.</summary>
internal static class VatNumber
{
    private static readonly FrozenDictionary<string, Func<string, bool>> Checks = new Dictionary<string, Func<string, bool>>(StringComparer.Ordinal)
    {
        ["AT"] = VatChecks.Austria, ["BE"] = VatChecks.Belgium, ["BG"] = VatChecks.Bulgaria, ["CH"] = VatChecks.Switzerland, ["CY"] = VatChecks.Cyprus,
        ["CZ"] = VatChecks.Czechia, ["DE"] = VatChecks.Germany, ["DK"] = VatChecks.Denmark, ["EE"] = VatChecks.Estonia, ["EL"] = VatChecks.Greece,
        ["ES"] = VatChecks.Spain, ["FI"] = VatChecks.Finland, ["FR"] = VatChecks.France, ["GB"] = VatChecks.UnitedKingdom, ["HR"] = VatChecks.Croatia,
        ["HU"] = VatChecks.Hungary, ["IE"] = VatChecks.Ireland, ["IT"] = VatChecks.Italy, ["LT"] = VatChecks.Lithuania, ["LU"] = VatChecks.Luxembourg,
        ["LV"] = VatChecks.Latvia, ["MT"] = VatChecks.Malta, ["NL"] = VatChecks.Netherlands, ["NO"] = VatChecks.Norway, ["PL"] = VatChecks.Poland,
        ["PT"] = VatChecks.Portugal, ["RO"] = VatChecks.Romania, ["SE"] = VatChecks.Sweden, ["SI"] = VatChecks.Slovenia, ["SK"] = VatChecks.Slovakia,
        ["XI"] = VatChecks.UnitedKingdom,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    internal static Verdict Normalise(string clean, string country)
    {
        if (Characters.Compact(clean.Replace(":", "", StringComparison.Ordinal)) is not { } text)
        {
            return Verdict.Refuse("vat-form", "holds something other than letters, digits and separators");
        }

        string own = Prefix(country);
        if (text.Length > 2 && Prefix(text[..2]) is { } prefix && char.IsAsciiLetter(text[0]) && char.IsAsciiLetter(text[1])
            && (Checks.ContainsKey(prefix) || prefix == own) && Judge(prefix, text[2..]) is { } stated)
        {
            // "ESB…" has its prefix; a bare Spanish "ES…" cannot be, but Cypriot or Irish numbers begin with digits anyway. Only if both readings fail is it refused.
            return stated.Value is null && own.Length == 2 && own != prefix && Judge(own, text).Value is { } bare ? Verdict.Accept(bare) : stated;
        }

        return own.Length == 2 ? Judge(own, text) : Verdict.Refuse("vat-country", "has no country prefix and the country is not stated");
    }

    /// <summary>Whether the body of a number satisfies the rules of a country that has any here.</summary>
    internal static bool? Check(string country, string body) => Checks.TryGetValue(Prefix(country), out Func<string, bool>? check) ? check(Body(Prefix(country), body)) : null;

    private static Verdict Judge(string prefix, string body)
    {
        string number = Body(prefix, body);
        if (Checks.TryGetValue(prefix, out Func<string, bool>? check))
        {
            return !check(number) || Characters.IsOneCharacterRepeated(number)
                ? Verdict.Refuse("vat-check-digits", $"is no VAT number of {prefix}: form or check digits do not match")
                : Verdict.Accept(prefix + number);
        }

        return number.Length is < 5 or > 15 || number.Count(char.IsAsciiDigit) < 5 || Characters.IsOneCharacterRepeated(number)
            ? Verdict.Refuse("vat-form", "is not 5 to 15 letters and digits after the country")
            : Verdict.Accept(prefix + number);
    }

    // What some countries write around the number itself.
    private static string Body(string prefix, string body)
    {
        switch (prefix)
        {
            case "BE" when body.Length == 9:
                return "0" + body;
            case "CH":
                string bare = body.StartsWith("HE", StringComparison.Ordinal) && body.Length > 9 && char.IsAsciiDigit(body[2]) ? body[1..] : body;
                foreach (string suffix in (string[])["MWST", "TVA", "IVA", "TPV", "HR"])
                {
                    bare = bare.EndsWith(suffix, StringComparison.Ordinal) ? bare[..^suffix.Length] : bare;
                }

                return bare.Length == 9 && Characters.AllDigits(bare) ? "E" + bare : bare;
            case "NO":
                return body.EndsWith("MVA", StringComparison.Ordinal) ? body[..^3] : body;

            // The last three digits are a branch of the same business.
            case "GB" or "XI" when body.Length == 12:
                return body[..9];
            case "SE" when body.Length == 10:
                return body + "01";
            default:
                return body;
        }
    }

    private static string Prefix(string country) => country switch { "GR" => "EL", "UK" => "GB", _ => country };
}
