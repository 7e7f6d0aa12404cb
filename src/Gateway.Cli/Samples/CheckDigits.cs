using System.Globalization;
using System.Numerics;

namespace Gateway.Cli.Samples;

/// <summary>
/// Check digits of the numbers that the samples hold, so that a sample never teaches a wrong number. Written apart from the normalisers of
/// Gateway.Matching on purpose: each is a witness of the other.
/// </summary>
public static class CheckDigits
{
    private const string UsccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    /// <summary>Check digit of a freight container (ISO 6346): 0 to 9, or 10 where the serial number should not be used.</summary>
    /// <param name="body">Four letters and six digits.</param>
    public static int Container(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        int sum = 0;
        for (int i = 0; i < 10; i++)
        {
            char c = body[i];

            // A = 10, and the multiples of 11 are left out.
            int value = char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10 + ((c - 'A' + 9) / 10);
            sum += value << i;
        }

        return sum % 11;
    }

    /// <summary>Whether the text is a container number with the right check digit.</summary>
    public static bool IsContainer(string text) =>
        text is { Length: 11 } && text[..4].All(char.IsAsciiLetterUpper) && text[4..].All(char.IsAsciiDigit) && Container(text[..10]) % 10 == text[10] - '0';

    /// <summary>Check digit of an air waybill's seven-digit serial number: the number modulo 7 (IATA Resolution 600a).</summary>
    public static int AirWaybill(string serial) => int.Parse(serial, NumberStyles.None, CultureInfo.InvariantCulture) % 7;

    /// <summary>Whether the text is an air waybill number, "180-12345675" or without the hyphen.</summary>
    public static bool IsAirWaybill(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length == 11 && digits.All(char.IsAsciiDigit) && AirWaybill(digits[3..10]) == digits[10] - '0';
    }

    /// <summary>Check digit of a postal item's eight-digit serial number (UPU S10).</summary>
    public static int PostalItem(string serial)
    {
        int rest = 11 - (Weighted(serial, [8, 6, 4, 2, 3, 5, 9, 7]) % 11);
        return rest switch { 10 => 0, 11 => 5, _ => rest };
    }

    /// <summary>Whether the text is a postal item number, e.g. "RR473124829GB".</summary>
    public static bool IsPostalItem(string text) =>
        text is { Length: 13 } && text[..2].All(char.IsAsciiLetterUpper) && text[2..11].All(char.IsAsciiDigit) && text[11..].All(char.IsAsciiLetterUpper)
        && PostalItem(text[2..10]) == text[10] - '0';

    /// <summary>Last character of a Chinese unified social credit code (GB 32100-2015).</summary>
    /// <param name="body">The first 17 characters.</param>
    public static char Uscc(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        int sum = 0, weight = 1;
        foreach (char c in body)
        {
            int value = UsccAlphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                return '\0';
            }

            sum += value * weight;
            weight = weight * 3 % 31;
        }

        return UsccAlphabet[(31 - (sum % 31)) % 31];
    }

    /// <summary>Whether the text is a unified social credit code.</summary>
    public static bool IsUscc(string text) => text is { Length: 18 } && Uscc(text[..17]) == text[17];

    /// <summary>Check character of a Chinese organisation code (GB 11714-1997), characters 9 to 17 of the credit code.</summary>
    /// <param name="body">Eight characters, digits and capitals.</param>
    public static char OrganisationCode(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        int[] weights = [3, 7, 9, 10, 5, 8, 4, 2];
        int sum = 0;
        for (int i = 0; i < 8; i++)
        {
            sum += (char.IsAsciiDigit(body[i]) ? body[i] - '0' : body[i] - 'A' + 10) * weights[i];
        }

        int rest = (11 - (sum % 11)) % 11;
        return rest == 10 ? 'X' : (char)('0' + rest);
    }

    /// <summary>First digit of a Japanese corporate number.</summary>
    /// <param name="body">The other twelve digits.</param>
    public static int JapaneseCorporateNumber(string body) => 9 - (Weighted(body, [2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]) % 9);

    /// <summary>Last digit of a Korean business registration number.</summary>
    /// <param name="body">The first nine digits.</param>
    public static int KoreanBusinessNumber(string body)
    {
        int sum = Weighted(body, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + ((body[8] - '0') * 5 / 10);
        return (10 - (sum % 10)) % 10;
    }

    /// <summary>Whether the text is a VAT number, with its prefix, of one of the countries that the samples use, with right check digits.</summary>
    public static bool IsVat(string text)
    {
        if (text is null || text.Length < 10)
        {
            return false;
        }

        string digits = text[2..];
        return text[..2] switch
        {
            "NL" => digits.Length == 12 && digits[9] == 'B' && digits.Where((_, i) => i != 9).All(char.IsAsciiDigit)
                && Weighted(digits[..8], [9, 8, 7, 6, 5, 4, 3, 2]) % 11 == digits[8] - '0',
            _ when !digits.All(char.IsAsciiDigit) => false,
            "DE" => digits.Length == 9 && Iso7064Mod11And10(digits[..8]) == digits[8] - '0',
            "IT" => digits.Length == 11 && Luhn(digits),
            "FR" => digits.Length == 11 && Luhn(digits[2..]) && FrenchKey(digits[2..]) == digits[..2],
            "GB" => digits.Length == 9 && BritishKey(digits[..7]) == digits[7..],
            "BE" => digits.Length == 10 && BelgianKey(digits[..8]) == digits[8..],
            "PL" => digits.Length == 10 && Weighted(digits[..9], [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9] - '0',
            "SK" => digits.Length == 10 && long.Parse(digits, CultureInfo.InvariantCulture) % 11 == 0,
            "BG" => digits.Length == 9 && BulgarianDigit(digits[..8]) == digits[8] - '0',
            _ => false,
        };
    }

    /// <summary>Check digit by ISO 7064 MOD 11,10 (German VAT numbers).</summary>
    public static int Iso7064Mod11And10(string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        int product = 10;
        foreach (char c in body)
        {
            int sum = (product + c - '0') % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }

        return (11 - product) % 10;
    }

    /// <summary>Whether the digits, last one included, hold by Luhn's rule (ISO/IEC 7812-1).</summary>
    public static bool Luhn(string digits)
    {
        ArgumentNullException.ThrowIfNull(digits);
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            int value = (digits[^(i + 1)] - '0') << (i & 1);
            sum += value > 9 ? value - 9 : value;
        }

        return sum % 10 == 0;
    }

    /// <summary>The two digits before a French SIREN in a VAT number.</summary>
    public static string FrenchKey(string siren) => TwoDigits((12 + (3 * (int)(long.Parse(siren, CultureInfo.InvariantCulture) % 97))) % 97);

    /// <summary>The last two digits of a British VAT number, 1973 rule.</summary>
    public static string BritishKey(string body) => TwoDigits(97 - (Weighted(body, [8, 7, 6, 5, 4, 3, 2]) % 97));

    /// <summary>The last two digits of a Belgian VAT number.</summary>
    public static string BelgianKey(string body) => TwoDigits(97 - (int)(long.Parse(body, CultureInfo.InvariantCulture) % 97));

    /// <summary>Whether the text is an IBAN with right check digits (ISO 13616, ISO 7064 MOD 97-10); the length by country is not looked at.</summary>
    public static bool IsIban(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length < 15 || !text.All(char.IsAsciiLetterOrDigit))
        {
            return false;
        }

        string digits = string.Concat((text[4..] + text[..4]).Select(c => char.IsAsciiDigit(c) ? c - '0' : char.ToUpperInvariant(c) - 'A' + 10));
        return BigInteger.Parse(digits, CultureInfo.InvariantCulture) % 97 == 1;
    }

    /// <summary>Whether the text is a Russian taxpayer number (INN) of 10 or 12 digits.</summary>
    public static bool IsInn(string text)
    {
        if (text is null || !text.All(char.IsAsciiDigit))
        {
            return false;
        }

        return text.Length switch
        {
            10 => Weighted(text[..9], [2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == text[9] - '0',
            12 => Weighted(text[..10], [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == text[10] - '0'
                && Weighted(text[..11], [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == text[11] - '0',
            _ => false,
        };
    }

    /// <summary>Whether the text is a Russian registration number (OGRN) of 13 digits.</summary>
    public static bool IsOgrn(string text) =>
        text is { Length: 13 } && text.All(char.IsAsciiDigit) && long.Parse(text[..12], CultureInfo.InvariantCulture) % 11 % 10 == text[12] - '0';

    /// <summary>Whether the digits are a Colombian NIT, check digit last.</summary>
    public static bool IsNit(string text)
    {
        if (text is not { Length: 10 } || !text.All(char.IsAsciiDigit))
        {
            return false;
        }

        int rest = Weighted(text[..9], [41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
        return (rest > 1 ? 11 - rest : rest) == text[9] - '0';
    }

    /// <summary>Whether the text is a Chinese identity number of 18 characters (ISO 7064 MOD 11-2).</summary>
    public static bool IsChineseIdentityNumber(string text) =>
        text is { Length: 18 } && text[..17].All(char.IsAsciiDigit)
        && "10X98765432"[Weighted(text[..17], [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] == text[17];

    private static int BulgarianDigit(string body)
    {
        int rest = Weighted(body, [1, 2, 3, 4, 5, 6, 7, 8]) % 11;
        return rest < 10 ? rest : Weighted(body, [3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10;
    }

    private static string TwoDigits(int value) => value.ToString("00", CultureInfo.InvariantCulture);

    private static int Weighted(string digits, ReadOnlySpan<int> weights)
    {
        int sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += (digits[i] - '0') * weights[i];
        }

        return sum;
    }
}
