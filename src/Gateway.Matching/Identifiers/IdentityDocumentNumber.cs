namespace Gateway.Matching.Identifiers;

/// <summary>Identity documents: "CC:kind:number", where kind is PASSPORT, NATIONAL_ID, DRIVING_LICENCE or RESIDENCE_PERMIT.</summary>
internal static class IdentityDocumentNumber
{
    internal static Verdict Normalise(string clean, string country)
    {
        string[] parts = clean.Split(':', StringSplitOptions.TrimEntries);
        (string issuing, string kind, string stated) = parts switch
        {
            [var cc, var k, var n] => (CountryCode.Of(cc), k, n),
            [var k, var n] => (country, k, n),
            _ => ("", "", ""),
        };
        if (issuing.Length == 0 || KindOf(kind) is not { } known)
        {
            return Verdict.Refuse("document-form", "is not \"CC:PASSPORT:number\" or \"CC:NATIONAL_ID:number\"");
        }

        if (Characters.Compact(stated) is not { Length: >= 5 and <= 24 } number || number.Count(char.IsAsciiDigit) < 3 || Characters.IsOneCharacterRepeated(number))
        {
            return Verdict.Refuse("document-number", "has a number that is not 5 to 24 letters and digits, at least 3 of them digits");
        }

        return issuing == "CN" && known == "NATIONAL_ID" && !NationalNumberChecks.ChineseResident(number)
            ? Verdict.Refuse("document-check-digit", "is no Chinese resident identity number: form or check digit do not match")
            : Verdict.Accept($"{issuing}:{known}:{number}");
    }

    private static string? KindOf(string stated) => Characters.UpperAlphanumerics(stated) switch
    {
        "PASSPORT" or "PP" => "PASSPORT",
        "NATIONALID" or "ID" or "IDCARD" or "IDENTITYCARD" => "NATIONAL_ID",
        "DRIVINGLICENCE" or "DRIVINGLICENSE" or "DRIVERSLICENSE" => "DRIVING_LICENCE",
        "RESIDENCEPERMIT" => "RESIDENCE_PERMIT",
        _ => null,
    };
}
