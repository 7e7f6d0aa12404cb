namespace Gateway.Matching.Identifiers;

/// <summary>
/// One item by GTIN and serial number: "gtin:serial", or the GS1 element string "(01)gtin(21)serial" (GS1 General Specifications §3). The serial number's case counts,
/// because GS1's does.
/// </summary>
internal static class SerialisedItem
{
    internal static Verdict Normalise(string clean)
    {
        if (Split(clean) is not var (gtin, serial) || Characters.Compact(gtin) is not { } digits || !Characters.AllDigits(digits) || digits.Length is not (8 or 12 or 13 or 14))
        {
            return Verdict.Refuse("gtin-serial-form", "is not a GTIN of 8, 12, 13 or 14 digits, a colon and a serial number");
        }

        if (!CheckDigits.Gs1(digits) || Characters.IsOneCharacterRepeated(digits))
        {
            return Verdict.Refuse("gtin-check-digit", "check digit of the GTIN does not match");
        }

        return serial.Length is 0 or > 20 || !serial.All(c => c is > ' ' and < '\x7F')
            ? Verdict.Refuse("gtin-serial", "has a serial number that is not 1 to 20 characters")
            : Verdict.Accept($"{digits.PadLeft(14, '0')}:{serial}");
    }

    private static (string Gtin, string Serial)? Split(string clean)
    {
        if (clean.StartsWith("(01)", StringComparison.Ordinal))
        {
            int mark = clean.IndexOf("(21)", StringComparison.Ordinal);
            return mark < 0 ? null : (clean[4..mark].Trim(), clean[(mark + 4)..].Trim());
        }

        int colon = clean.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 ? null : (clean[..colon].Trim(), clean[(colon + 1)..].Trim());
    }
}
