namespace Gateway.Matching.Identifiers;

/// <summary>
/// Telephone numbers in E.164 form. National forms take the party's country; trunk prefixes, international prefixes, "(0)" and extensions are understood. A number is
/// accepted by the length its country gives out, not by assigned ranges: those change monthly, and a table of them would refuse real numbers.
/// </summary>
internal static class TelephoneNumber
{
    private static readonly string[] ExtensionMarks = [";ext=", "extension", "extn", "ext", "доб", "durchwahl", "anexo", "x", "#"];
    private static readonly string[] Labels = ["tel:", "tel.:", "telephone:", "phone:", "mobile:", "mob:", "fax:", "whatsapp:", "wechat:", "tel.", "tel", "ph:", "t:", "m:"];

    internal static Verdict Normalise(string clean, string country)
    {
        string text = WithoutExtension(WithoutLabel(clean.ToLowerInvariant()));
        bool plus = text.StartsWith('+') || text.StartsWith("(+", StringComparison.Ordinal);
        if (plus || text.StartsWith("00", StringComparison.Ordinal))
        {
            text = text.Replace("(0)", "", StringComparison.Ordinal);
        }

        foreach (char c in text.AsSpan(Math.Min(1, text.Length)))
        {
            if (!char.IsAsciiDigit(c) && !" -./()~".Contains(c, StringComparison.Ordinal) && !(c == '+' && text.StartsWith("(+", StringComparison.Ordinal)))
            {
                return Verdict.Refuse("phone-form", "holds something other than digits and separators");
            }
        }

        string digits = Characters.Digits(text);
        if (digits.Length is < 4 or > 20 || Characters.IsOneCharacterRepeated(digits))
        {
            return Verdict.Refuse("phone-length", "has too few or too many digits for a telephone number");
        }

        return plus ? International(digits) : FromCountry(digits, country);
    }

    private static Verdict FromCountry(string digits, string country)
    {
        if (CallingCodes.OfCountry(country) is not { } plan)
        {
            return digits.StartsWith("00", StringComparison.Ordinal)
                ? International(digits[2..])
                : Verdict.Refuse("phone-country", "is in national form and the country is not stated");
        }

        foreach (string prefix in (string[])[plan.InternationalPrefix, "00"])
        {
            if (prefix.Length > 0 && digits.StartsWith(prefix, StringComparison.Ordinal) && International(digits[prefix.Length..]) is { Value: not null } dialled)
            {
                return dialled;
            }
        }

        if (National(digits, plan) is { } national)
        {
            return Checked(plan.Code, national);
        }

        // "8613800138000" in China: the calling code without its plus sign.
        return digits.StartsWith(plan.Code, StringComparison.Ordinal) && National(digits[plan.Code.Length..], plan) is { } bare
            ? Checked(plan.Code, bare)
            : Verdict.Refuse("phone-length", $"does not have as many digits as numbers in {country} have");
    }

    private static Verdict International(string digits)
    {
        if (CallingCodes.OfInternational(digits) is not { } plan)
        {
            return Verdict.Refuse("phone-country", "does not begin with a country's calling code");
        }

        return National(digits[plan.Code.Length..], plan) is { } national
            ? Checked(plan.Code, national)
            : Verdict.Refuse("phone-length", $"does not have as many digits as numbers under +{plan.Code} have");
    }

    /// <summary>The national significant number, or null if the digits have no length the plan allows.</summary>
    private static string? National(string digits, DiallingPlan plan)
    {
        // Where the trunk prefix is 0 no number begins with it; other prefixes (1, 8, 06) may begin a number and go only if the length says so.
        bool prefixed = plan.Trunk.Length > 0 && !(plan.Code == "375" && digits.StartsWith("80", StringComparison.Ordinal)) && digits.StartsWith(plan.Trunk, StringComparison.Ordinal) && plan.Allows(digits.Length - plan.Trunk.Length);
        if (prefixed && (plan.Trunk == "0" || !plan.Allows(digits.Length)))
        {
            return digits[plan.Trunk.Length..];
        }

        return plan.Code switch
        {
            // Belarus writes 8 0 before the area code at home.
            "375" when digits.Length == 11 && digits.StartsWith("80", StringComparison.Ordinal) => digits[2..],

            // Argentina: 0, area code, 15, number at home is 9, area code, number from abroad.
            "54" when digits.Length == 13 && digits[0] == '0' => ArgentineMobile(digits[1..]),

            // Mexico wrote 1 before mobile numbers called from abroad until 2019, and 01, 044 or 045 at home.
            "52" when digits.Length == 11 && digits[0] == '1' => digits[1..],
            "52" when digits.Length == 12 && digits.StartsWith("01", StringComparison.Ordinal) => digits[2..],
            "52" when digits.Length == 13 && (digits.StartsWith("044", StringComparison.Ordinal) || digits.StartsWith("045", StringComparison.Ordinal)) => digits[3..],

            // Brazil: 0, two digits of the carrier, then the number.
            "55" when digits.Length is 13 or 14 && digits[0] == '0' => digits[3..],
            _ => plan.Allows(digits.Length) ? digits : null,
        };
    }

    // Area codes have two digits (11 only), three or four.
    private static string? ArgentineMobile(string national)
    {
        for (int area = national.StartsWith("11", StringComparison.Ordinal) ? 2 : 3; area <= 4; area++)
        {
            if (national.AsSpan(area, 2) is "15")
            {
                return $"9{national.AsSpan(0, area)}{national.AsSpan(area + 2)}";
            }
        }

        return null;
    }

    private static Verdict Checked(string code, string national)
    {
        // North American Numbering Plan: area code and exchange begin with 2–9.
        if (code == "1" && (national.Length != 10 || national[0] < '2' || national[3] < '2'))
        {
            return Verdict.Refuse("phone-area", "has an area code or exchange that begins with 0 or 1");
        }

        return code.Length + national.Length > 15 || national.Length < 4 || Characters.IsOneCharacterRepeated(national)
            ? Verdict.Refuse("phone-length", "is not a subscriber's number")
            : Verdict.Accept($"+{code}{national}");
    }

    private static string WithoutLabel(string text)
    {
        foreach (string label in Labels)
        {
            if (text.StartsWith(label, StringComparison.Ordinal))
            {
                return text[label.Length..].TrimStart(' ', ':', '.');
            }
        }

        return text;
    }

    private static string WithoutExtension(string text)
    {
        foreach (string mark in ExtensionMarks)
        {
            int at = text.LastIndexOf(mark, StringComparison.Ordinal);
            if (at > 5 && Characters.AllDigits(text.AsSpan(at + mark.Length).Trim(" .:")) && text.AsSpan(at + mark.Length).Trim(" .:").Length <= 6)
            {
                return text[..at].TrimEnd(' ', ',', ';', '.', '-');
            }
        }

        return text;
    }
}
