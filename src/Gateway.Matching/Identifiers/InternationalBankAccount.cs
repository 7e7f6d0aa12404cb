using System.Collections.Frozen;

namespace Gateway.Matching.Identifiers;

/// <summary>IBANs (ISO 13616): country, check digits by ISO 7064 MOD 97-10, and the country's own structure.</summary>
internal static class InternationalBankAccount
{
    // The structure of the national part: counts of n (digits), a (letters), c (letters or digits).
    private static readonly FrozenDictionary<string, string> Structures = (
        "AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c BY:4c4n16c CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n " +
        "DO:4c20n EE:16n EG:25n ES:20n FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:4c20c HN:4a20n HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n " +
        "IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:2c18c ME:18n MK:3n10c2n MN:16n MR:23n " +
        "MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n " +
        "SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:6n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c").Split(' ')
        .ToFrozenDictionary(entry => entry[..2], entry => Expand(entry[3..]), StringComparer.Ordinal);

    internal static Verdict Normalise(string clean)
    {
        string text = clean.StartsWith("IBAN", StringComparison.OrdinalIgnoreCase) ? clean[4..].TrimStart(' ', ':') : clean;
        if (Characters.Compact(text) is not { Length: >= 5 } iban || !iban.AsSpan(0, 2).ContainsOnlyLetters() || !Characters.AllDigits(iban.AsSpan(2, 2)))
        {
            return Verdict.Refuse("iban-form", "does not begin with a country and two check digits");
        }

        if (!Structures.TryGetValue(iban[..2], out string? structure))
        {
            return Verdict.Refuse("iban-country", $"begins with {iban[..2]}, which has no IBANs");
        }

        if (iban.Length != structure.Length + 4)
        {
            return Verdict.Refuse("iban-length", $"has {iban.Length} characters where {iban[..2]} has {structure.Length + 4}");
        }

        for (int i = 0; i < structure.Length; i++)
        {
            char c = iban[i + 4];
            if ((structure[i] == 'n' && !char.IsAsciiDigit(c)) || (structure[i] == 'a' && !char.IsAsciiLetter(c)))
            {
                return Verdict.Refuse("iban-structure", $"does not have letters and digits where {iban[..2]} has them");
            }
        }

        // 00, 01 and 99 satisfy the congruence for some numbers, but ISO 13616 gives out 02 to 98 only.
        return iban.AsSpan(2, 2) is "00" or "01" or "99" || CheckDigits.Mod97(iban[4..] + iban[..4]) != 1
            ? Verdict.Refuse("iban-check-digits", "check digits do not match")
            : Verdict.Accept(iban);
    }

    private static string Expand(string structure)
    {
        string expanded = "";
        int count = 0;
        foreach (char c in structure)
        {
            if (char.IsAsciiDigit(c))
            {
                count = (count * 10) + c - '0';
            }
            else
            {
                expanded += new string(c, count);
                count = 0;
            }
        }

        return expanded;
    }
}
