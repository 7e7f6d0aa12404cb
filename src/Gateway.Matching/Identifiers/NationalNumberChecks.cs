using System.Globalization;

namespace Gateway.Matching.Identifiers;

/// <summary>Check digits of company and tax numbers outside the European VAT system. Each takes upper-case letters and digits of any length.</summary>
internal static class NationalNumberChecks
{
    /// <summary>Chinese unified social credit code (GB 32100-2015): 18 characters, MOD 31 with weights 3^i.</summary>
    internal static bool ChineseCreditCode(string s)
    {
        const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
        if (s.Length != 18 || !Characters.AllDigits(s.AsSpan(2, 6)))
        {
            return false;
        }

        int sum = 0, weight = 1;
        for (int i = 0; i < 18; i++)
        {
            int value = Alphabet.IndexOf(s[i], StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }

            sum += i < 17 ? value * weight : 0;
            weight = weight * 3 % 31;
        }

        return Alphabet[(31 - (sum % 31)) % 31] == s[17];
    }

    /// <summary>Chinese business licence number of before 2015: 15 digits, MOD 11,10.</summary>
    internal static bool ChineseLicence(string s) => Digits(s, 15) && CheckDigits.Mod1110(s);

    /// <summary>Chinese organisation code (GB 11714-1997): eight characters and a check character.</summary>
    internal static bool ChineseOrganisation(string s)
    {
        if (s.Length != 9)
        {
            return false;
        }

        ReadOnlySpan<int> weights = [3, 7, 9, 10, 5, 8, 4, 2];
        int sum = 0;
        for (int i = 0; i < 8; i++)
        {
            sum += CheckDigits.ValueOf(s[i]) * weights[i];
        }

        return (11 - (sum % 11)) switch { 10 => s[8] == 'X', 11 => s[8] == '0', int check => s[8] == '0' + check };
    }

    /// <summary>Chinese resident identity number (GB 11643-1999): 17 digits and a check character, MOD 11-2.</summary>
    internal static bool ChineseResident(string s) => s.Length == 18 && Characters.AllDigits(s.AsSpan(0, 17))
        && int.Parse(s.AsSpan(10, 2), CultureInfo.InvariantCulture) is >= 1 and <= 12 && int.Parse(s.AsSpan(12, 2), CultureInfo.InvariantCulture) is >= 1 and <= 31
        && "10X98765432"[CheckDigits.Weighted(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2) % 11] == s[17];

    internal static bool RussianTaxpayer(string s)
    {
        if (Digits(s, 10))
        {
            return CheckDigits.Weighted(s, 2, 4, 10, 3, 5, 9, 4, 6, 8) % 11 % 10 == s[9] - '0';
        }

        return Digits(s, 12) && CheckDigits.Weighted(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) % 11 % 10 == s[10] - '0'
            && CheckDigits.Weighted(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) % 11 % 10 == s[11] - '0';
    }

    /// <summary>Russian OGRN (13 digits) and OGRNIP (15).</summary>
    internal static bool RussianRegistration(string s) =>
        (Digits(s, 13) && Number(s[..12]) % 11 % 10 == s[12] - '0') || (Digits(s, 15) && Number(s[..14]) % 13 % 10 == s[14] - '0');

    /// <summary>Korean business registration number: ten digits.</summary>
    internal static bool KoreanBusiness(string s) => Digits(s, 10)
        && (10 - ((CheckDigits.Weighted(s, 1, 3, 7, 1, 3, 7, 1, 3, 5) + ((s[8] - '0') * 5 / 10)) % 10)) % 10 == s[9] - '0';

    /// <summary>Korean corporate registration number: thirteen digits.</summary>
    internal static bool KoreanCorporation(string s) => Digits(s, 13) && (10 - (CheckDigits.Weighted(s, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2) % 10)) % 10 == s[12] - '0';

    internal static bool BrazilianCompany(string s) => Digits(s, 14) && s[..12] != "000000000000"
        && Eleven(CheckDigits.Weighted(s, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == s[12] - '0'
        && Eleven(CheckDigits.Weighted(s, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == s[13] - '0';

    internal static bool BrazilianPerson(string s) => Digits(s, 11)
        && Eleven(CheckDigits.Weighted(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == s[9] - '0'
        && Eleven(CheckDigits.Weighted(s, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == s[10] - '0';

    /// <summary>Mexican RFC: three or four letters, a date, and three characters; the last is not checked, since many in use do not satisfy the rule.</summary>
    internal static bool MexicanTaxpayer(string s) => s.Length is 12 or 13 && s.AsSpan(0, s.Length - 9).ContainsOnlyLetters() && Characters.AllDigits(s.AsSpan(s.Length - 9, 6))
        && Number(s.Substring(s.Length - 7, 2)) is >= 1 and <= 12 && Number(s.Substring(s.Length - 5, 2)) is >= 1 and <= 31;

    /// <summary>Colombian NIT with its check digit.</summary>
    internal static bool ColombianTaxpayer(string s)
    {
        if (s.Length is < 8 or > 16 || !Characters.AllDigits(s))
        {
            return false;
        }

        ReadOnlySpan<int> weights = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
        int sum = 0;
        for (int i = 0; i < s.Length - 1; i++)
        {
            sum += (s[^(i + 2)] - '0') * weights[i];
        }

        return "01987654321"[sum % 11] == s[^1];
    }

    internal static bool ArgentineTaxpayer(string s) => Digits(s, 11)
        && (11 - (CheckDigits.Weighted(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)) switch { 11 => 0, 10 => 9, int check => check } == s[10] - '0';

    internal static bool PeruvianTaxpayer(string s) => Digits(s, 11) && (11 - (CheckDigits.Weighted(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)) % 10 == s[10] - '0';

    internal static bool ChileanTaxpayer(string s)
    {
        if (s.Length is not (8 or 9) || !Characters.AllDigits(s.AsSpan(0, s.Length - 1)))
        {
            return false;
        }

        int sum = 0;
        for (int i = 0; i < s.Length - 1; i++)
        {
            sum += (s[^(i + 2)] - '0') * (2 + (i % 6));
        }

        return (11 - (sum % 11)) switch { 11 => s[^1] == '0', 10 => s[^1] == 'K', int check => s[^1] == '0' + check };
    }

    internal static bool JapaneseCorporation(string s)
    {
        if (!Digits(s, 13))
        {
            return false;
        }

        int sum = 0;
        for (int i = 1; i <= 12; i++)
        {
            sum += (s[13 - i] - '0') * (i % 2 == 1 ? 1 : 2);
        }

        return 9 - (sum % 9) == s[0] - '0';
    }

    internal static bool AustralianBusiness(string s) => Digits(s, 11) && s[0] != '0'
        && (CheckDigits.Weighted(s, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19) - 10) % 89 == 0;

    internal static bool TurkishTaxpayer(string s)
    {
        if (!Digits(s, 10))
        {
            return false;
        }

        int sum = 0;
        for (int i = 0; i < 9; i++)
        {
            int d = (s[i] - '0' + 9 - i) % 10;
            int power = d * (1 << (9 - i)) % 9;
            sum += d != 0 && power == 0 ? 9 : power;
        }

        return (10 - (sum % 10)) % 10 == s[9] - '0';
    }

    /// <summary>Indian GSTIN: state, PAN, entity, Z, and a check character modulo 36.</summary>
    internal static bool IndianGoodsTax(string s)
    {
        const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        if (s.Length != 15 || !Characters.AllDigits(s.AsSpan(0, 2)) || s[13] != 'Z')
        {
            return false;
        }

        int sum = 0;
        for (int i = 0; i < 14; i++)
        {
            int product = CheckDigits.ValueOf(s[i]) * (1 + (i % 2));
            sum += (product / 36) + (product % 36);
        }

        return Alphabet[(36 - (sum % 36)) % 36] == s[14];
    }

    /// <summary>French SIREN: nine digits, Luhn.</summary>
    internal static bool FrenchCompany(string s) => Digits(s, 9) && CheckDigits.Luhn(s);

    /// <summary>Swedish organisation number: ten digits, Luhn, the third at least 2.</summary>
    internal static bool SwedishOrganisation(string s) => Digits(s, 10) && CheckDigits.Luhn(s);

    private static int Eleven(int sum) => sum % 11 < 2 ? 0 : 11 - (sum % 11);

    private static bool Digits(string s, int length) => s.Length == length && Characters.AllDigits(s);

    private static long Number(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);
}
