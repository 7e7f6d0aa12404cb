using Gateway.Matching.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>ISO 3166-1 alpha-2 codes as they are written in declarations and in numbers.</summary>
internal static class CountryCode
{
    /// <summary>The code in upper case, or empty if it is none. "UK" and "EL" are the two customary spellings that are not ISO codes.</summary>
    internal static string Of(string? stated)
    {
        string code = Characters.UpperAlphanumerics(CleanText.Of(stated ?? ""));
        return code switch
        {
            "UK" => "GB",
            "EL" => "GR",
            { Length: 2 } when char.IsAsciiLetter(code[0]) && char.IsAsciiLetter(code[1]) => code,
            _ => "",
        };
    }

    /// <summary>Splits "CC:number"; without such a prefix the country is the one given.</summary>
    internal static (string Country, string Number) Split(string clean, string country)
    {
        int colon = clean.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Of(clean[..colon]) is { Length: 2 } stated
            ? (stated, clean[(colon + 1)..].Trim())
            : (country, clean);
    }
}
