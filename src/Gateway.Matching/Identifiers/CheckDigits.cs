namespace Gateway.Matching.Identifiers;

/// <summary>The check-digit schemes that several kinds of number share. All take ASCII digits (or what the text says) that the caller has checked.</summary>
internal static class CheckDigits
{
    /// <summary>Luhn (ISO/IEC 7812-1 annex B): the whole number with its check digit.</summary>
    internal static bool Luhn(ReadOnlySpan<char> digits)
    {
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            int d = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? d : (d * 2 / 10) + (d * 2 % 10);
        }

        return sum % 10 == 0;
    }

    /// <summary>ISO 7064 MOD 97-10 over digits and letters (A = 10 … Z = 35): the remainder.</summary>
    internal static int Mod97(ReadOnlySpan<char> alphanumerics)
    {
        int remainder = 0;
        foreach (char c in alphanumerics)
        {
            remainder = char.IsAsciiDigit(c) ? ((remainder * 10) + c - '0') % 97 : ((remainder * 100) + c - 'A' + 10) % 97;
        }

        return remainder;
    }

    /// <summary>ISO 7064 MOD 11,10: the whole number with its check digit.</summary>
    internal static bool Mod1110(ReadOnlySpan<char> digits)
    {
        int p = 10;
        foreach (char c in digits[..^1])
        {
            int s = (p + c - '0') % 10;
            p = (s == 0 ? 10 : s) * 2 % 11;
        }

        return (p + digits[^1] - '0') % 10 == 1;
    }

    /// <summary>Sum of digit × weight over as many digits as there are weights.</summary>
    internal static int Weighted(ReadOnlySpan<char> digits, params ReadOnlySpan<int> weights)
    {
        int sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += (digits[i] - '0') * weights[i];
        }

        return sum;
    }

    /// <summary>GS1 modulo 10 (GS1 General Specifications §7.9): the whole number with its check digit.</summary>
    internal static bool Gs1(ReadOnlySpan<char> digits)
    {
        int sum = 0;
        for (int i = 0; i < digits.Length; i++)
        {
            sum += (digits[^(i + 1)] - '0') * (i % 2 == 0 ? 1 : 3);
        }

        return sum % 10 == 0;
    }

    /// <summary>A digit's or letter's numeric value, A = 10 … Z = 35.</summary>
    internal static int ValueOf(char c) => char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10;
}
