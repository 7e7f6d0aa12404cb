using System.Globalization;

namespace Gateway.Matching.Identifiers;

/// <summary>
/// Check digits of VAT numbers without their country prefix (European Commission, "VIES VAT number structure and algorithms"). Each takes upper-case letters and digits of any length and
/// answers whether they are such a number.
/// </summary>
internal static class VatChecks
{
    private const string SpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

    internal static bool Austria(string s) => s.Length == 9 && s[0] == 'U' && IsDigits(s[1..])
        && (10 - ((OddDoubled(s.AsSpan(1, 7)) + 4) % 10)) % 10 == s[8] - '0';

    internal static bool Belgium(string s) => IsDigits(s, 10) && s[0] <= '1' && Number(s[..8]) > 0 && 97 - (Number(s[..8]) % 97) == Number(s[8..]);

    internal static bool Bulgaria(string s)
    {
        if (IsDigits(s, 9))
        {
            int check = CheckDigits.Weighted(s, 1, 2, 3, 4, 5, 6, 7, 8) % 11;
            check = check == 10 ? CheckDigits.Weighted(s, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10 : check;
            return check == s[8] - '0';
        }

        if (!IsDigits(s, 10))
        {
            return false;
        }

        // A citizen's, a foreigner's or another person's number: the three have their own weights.
        int other = 11 - (CheckDigits.Weighted(s, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11);
        int last = s[9] - '0';
        return CheckDigits.Weighted(s, 2, 4, 8, 5, 10, 9, 7, 3, 6) % 11 % 10 == last
            || CheckDigits.Weighted(s, 21, 19, 17, 13, 11, 9, 7, 3, 1) % 10 == last
            || (other != 10 && other % 11 == last);
    }

    internal static bool Croatia(string s) => IsDigits(s, 11) && CheckDigits.Mod1110(s);

    internal static bool Cyprus(string s)
    {
        if (s.Length != 9 || !IsDigits(s[..8]) || s.StartsWith("12", StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<int> odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
        int sum = 0;
        for (int i = 0; i < 8; i++)
        {
            sum += i % 2 == 0 ? odd[s[i] - '0'] : s[i] - '0';
        }

        return 'A' + (sum % 26) == s[8];
    }

    internal static bool Czechia(string s)
    {
        if (IsDigits(s, 8))
        {
            int check = (11 - (CheckDigits.Weighted(s, 8, 7, 6, 5, 4, 3, 2) % 11)) % 11;
            return s[0] != '9' && (check == 0 ? 1 : check) % 10 == s[7] - '0';
        }

        if (IsDigits(s, 9) && s[0] == '6')
        {
            int check = CheckDigits.Weighted(s.AsSpan(1), 8, 7, 6, 5, 4, 3, 2) % 11;
            return (8 - ((21 - check) % 11) + 10) % 10 == s[8] - '0';
        }

        return IsCzechBirthNumber(s);
    }

    internal static bool Denmark(string s) => IsDigits(s, 8) && s[0] != '0' && CheckDigits.Weighted(s, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0;

    internal static bool Estonia(string s) => IsDigits(s, 9) && CheckDigits.Weighted(s, 3, 7, 1, 3, 7, 1, 3, 7, 1) % 10 == 0;

    internal static bool Finland(string s) => IsDigits(s, 8) && CheckDigits.Weighted(s, 7, 9, 10, 5, 8, 4, 2, 1) % 11 == 0;

    internal static bool France(string s)
    {
        const string Alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        if (s.Length != 11 || !IsDigits(s[2..]) || !Alphabet.Contains(s[0], StringComparison.Ordinal) || !Alphabet.Contains(s[1], StringComparison.Ordinal))
        {
            return false;
        }

        // Monaco's numbers, which begin with 000, follow no Luhn.
        if (!s.AsSpan(2).StartsWith("000") && !CheckDigits.Luhn(s.AsSpan(2)))
        {
            return false;
        }

        if (IsDigits(s))
        {
            return long.Parse(s[2..] + "12", CultureInfo.InvariantCulture) % 97 == Number(s[..2]);
        }

        int first = Alphabet.IndexOf(s[0], StringComparison.Ordinal), second = Alphabet.IndexOf(s[1], StringComparison.Ordinal);
        int key = char.IsAsciiDigit(s[0]) ? (first * 24) + second - 10 : (first * 34) + second - 100;
        return (Number(s[2..]) + 1 + (key / 11)) % 11 == key % 11;
    }

    internal static bool Germany(string s) => IsDigits(s, 9) && s[0] != '0' && CheckDigits.Mod1110(s);

    internal static bool Greece(string s)
    {
        if (!IsDigits(s, 9))
        {
            return false;
        }

        return CheckDigits.Weighted(s, 256, 128, 64, 32, 16, 8, 4, 2) % 11 % 10 == s[8] - '0';
    }

    internal static bool Hungary(string s) => IsDigits(s, 8) && CheckDigits.Weighted(s, 9, 7, 3, 1, 9, 7, 3, 1) % 10 == 0;

    internal static bool Ireland(string s)
    {
        const string Alphabet = "WABCDEFGHIJKLMNOPQRSTUV";
        if (s.Length is not (8 or 9) || !char.IsAsciiDigit(s[0]))
        {
            return false;
        }

        if (IsDigits(s[..7]) && s.Length == 9 && Alphabet.Contains(s[8], StringComparison.Ordinal))
        {
            int extended = CheckDigits.Weighted(s, 8, 7, 6, 5, 4, 3, 2) + (9 * Alphabet.IndexOf(s[8], StringComparison.Ordinal));
            return Alphabet[extended % 23] == s[7];
        }

        if (s.Length != 8 || !IsDigits(s[2..7]))
        {
            return false;
        }

        // The old form has a letter in the second place, and its first digit counts last.
        string digits = char.IsAsciiDigit(s[1]) ? s[..7] : "0" + s[2..7] + s[0];
        return Alphabet[CheckDigits.Weighted(digits, 8, 7, 6, 5, 4, 3, 2) % 23] == s[7];
    }

    internal static bool Italy(string s) => IsDigits(s, 11) && Number(s[..7]) > 0 && CheckDigits.Luhn(s)
        && Number(s[7..10]) is (>= 1 and <= 100) or 120 or 121 or 888 or 999;

    internal static bool Latvia(string s)
    {
        if (!IsDigits(s, 11))
        {
            return false;
        }

        if (s[0] > '3')
        {
            return CheckDigits.Weighted(s, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1) % 11 == 3;
        }

        return s.StartsWith("32", StringComparison.Ordinal)
            || (1 + CheckDigits.Weighted(s, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9)) % 11 % 10 == s[10] - '0';
    }

    internal static bool Lithuania(string s)
    {
        if (!(IsDigits(s, 9) && s[7] == '1') && !(IsDigits(s, 12) && s[10] == '1'))
        {
            return false;
        }

        int first = 0, second = 0;
        for (int i = 0; i < s.Length - 1; i++)
        {
            first += (s[i] - '0') * (1 + (i % 9));
            second += (s[i] - '0') * (1 + ((i + 2) % 9));
        }

        return (first % 11 == 10 ? second % 11 % 10 : first % 11) == s[^1] - '0';
    }

    internal static bool Luxembourg(string s) => IsDigits(s, 8) && Number(s[..6]) % 89 == Number(s[6..]);

    internal static bool Malta(string s) => IsDigits(s, 8) && s[0] != '0' && CheckDigits.Weighted(s, 3, 4, 6, 7, 8, 9, 10, 1) % 37 == 0;

    internal static bool Netherlands(string s)
    {
        if (s.Length != 12 || s[9] != 'B' || !IsDigits(s[..9]) || !IsDigits(s[10..]) || Number(s[10..]) == 0 || Number(s[..9]) == 0)
        {
            return false;
        }

        // Until 2019 the number was the owner's citizen number (elevens test); sole traders since have one that satisfies MOD 97-10 with "NL" before it.
        return (CheckDigits.Weighted(s, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11) == 0 || CheckDigits.Mod97("NL" + s) == 1;
    }

    internal static bool Poland(string s) => IsDigits(s, 10) && CheckDigits.Weighted(s, 6, 5, 7, 2, 3, 4, 5, 6, 7, -1) % 11 == 0;

    internal static bool Portugal(string s) => IsDigits(s, 9) && s[0] != '0'
        && (11 - (CheckDigits.Weighted(s, 9, 8, 7, 6, 5, 4, 3, 2) % 11)) % 11 % 10 == s[8] - '0';

    internal static bool Romania(string s)
    {
        if (s.Length is < 2 or > 10 || !IsDigits(s) || s[0] == '0')
        {
            return false;
        }

        string padded = s.PadLeft(10, '0');
        return CheckDigits.Weighted(padded, 7, 5, 3, 2, 1, 7, 5, 3, 2) * 10 % 11 % 10 == padded[9] - '0';
    }

    internal static bool Slovakia(string s) => IsDigits(s, 10) && s[0] != '0' && "234789".Contains(s[2], StringComparison.Ordinal)
        && long.Parse(s, CultureInfo.InvariantCulture) % 11 == 0;

    internal static bool Slovenia(string s)
    {
        if (!IsDigits(s, 8) || s[0] == '0')
        {
            return false;
        }

        int check = 11 - (CheckDigits.Weighted(s, 8, 7, 6, 5, 4, 3, 2) % 11);
        return check != 11 && check % 10 == s[7] - '0';
    }

    internal static bool Spain(string s)
    {
        if (s.Length != 9 || !IsDigits(s[1..8]))
        {
            return false;
        }

        char first = s[0], last = s[8];
        int digits = Number(s[1..8]);
        if (char.IsAsciiDigit(first))
        {
            return SpanishLetters[((((first - '0') * 10_000_000) + digits) % 23)] == last;
        }

        if (first is 'K' or 'L' or 'M')
        {
            return SpanishLetters[digits % 23] == last;
        }

        if (first is 'X' or 'Y' or 'Z')
        {
            return SpanishLetters[(((first - 'X') * 10_000_000) + digits) % 23] == last;
        }

        if (!"ABCDEFGHJNPQRSUVW".Contains(first, StringComparison.Ordinal))
        {
            return false;
        }

        int sum = 0;
        for (int i = 1; i <= 7; i++)
        {
            int d = s[i] - '0';
            sum += i % 2 == 0 ? d : (d * 2 / 10) + (d * 2 % 10);
        }

        int check = (10 - (sum % 10)) % 10;
        return last == '0' + check || last == "JABCDEFGHI"[check];
    }

    internal static bool Sweden(string s) => IsDigits(s, 12) && s.EndsWith("01", StringComparison.Ordinal) && CheckDigits.Luhn(s.AsSpan(0, 10));

    internal static bool UnitedKingdom(string s)
    {
        if (!IsDigits(s, 9))
        {
            return false;
        }

        // The older numbers satisfy MOD 97; those since 2009 do so with 55 added, and begin at 100.
        int remainder = CheckDigits.Weighted(s, 8, 7, 6, 5, 4, 3, 2, 10, 1) % 97;
        return Number(s) > 0 && (remainder == 0 || (remainder is 42 or 55 && Number(s[..3]) >= 100));
    }

    internal static bool Switzerland(string s)
    {
        if (s.Length != 10 || s[0] != 'E' || !IsDigits(s[1..]))
        {
            return false;
        }

        int check = (11 - (CheckDigits.Weighted(s.AsSpan(1), 5, 4, 3, 2, 7, 6, 5, 4) % 11)) % 11;
        return check == s[9] - '0';
    }

    internal static bool Norway(string s) => IsDigits(s, 9) && (11 - (CheckDigits.Weighted(s, 3, 2, 7, 6, 5, 4, 3, 2) % 11)) % 11 == s[8] - '0';

    private static bool IsCzechBirthNumber(string s)
    {
        if (IsDigits(s, 9))
        {
            // Given out until 1953, without a check digit.
            return Number(s[..2]) <= 53 && IsMonth(s);
        }

        return IsDigits(s, 10) && IsMonth(s) && Number(s[..9]) % 11 % 10 == s[9] - '0';

        static bool IsMonth(string s) => (Number(s[2..4]) % 50 % 20) is >= 1 and <= 12 && Number(s[4..6]) is >= 1 and <= 31;
    }

    private static int OddDoubled(ReadOnlySpan<char> digits)
    {
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            int d = digits[i] - '0';
            sum += i % 2 == 0 ? d : (d * 2 / 10) + (d * 2 % 10);
        }

        return sum;
    }

    private static bool IsDigits(string s) => Characters.AllDigits(s);

    private static bool IsDigits(string s, int length) => s.Length == length && Characters.AllDigits(s);

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);
}
