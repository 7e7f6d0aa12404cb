using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>Makes up registrations and VAT numbers with right check digits, for the countries whose rules are known.</summary>
internal static class CompanyNumbers
{
    private static readonly string[] ChineseRegions = ["330782", "440300", "310115", "440106", "330212", "370200", "350200"];

    /// <summary>A company registration "CC:number", or empty where the country is not covered.</summary>
    public static string Registration(string country, SplitMix64 random)
    {
        switch (country)
        {
            case "CN":
                string organisation = random.Digits("MA######");
                string body = "91" + random.Pick(ChineseRegions) + organisation + CheckDigits.OrganisationCode(organisation);
                return "CN:" + body + CheckDigits.Uscc(body);
            case "JP":
                string japanese = random.Digits("01#0010#####");
                return $"JP:{CheckDigits.JapaneseCorporateNumber(japanese)}{japanese}";
            case "KR":
                string korean = random.Digits("2##81####");
                return $"KR:{korean}{CheckDigits.KoreanBusinessNumber(korean)}";
            case "GB":
                return "GB:" + random.Digits("0#######");
            case "HK":
                return "HK:" + random.Digits("2######");
            case "SG":
                return "SG:" + random.Digits("2019#####") + "K";
            default:
                return "";
        }
    }

    /// <summary>A VAT number with its prefix, or empty where the country is not covered.</summary>
    public static string Vat(string country, SplitMix64 random)
    {
        // Drawn again until the check digits hold: about one draw in ten does, and the rules stay in one place.
        string? pattern = country switch
        {
            "DE" => "DE1########",
            "IT" => "IT0######015#",
            "PL" => "PL52########",
            "SK" => "SK20########",
            "NL" => "NL8########B01",
            _ => null,
        };
        if (pattern is not null)
        {
            for (; ; )
            {
                string candidate = random.Digits(pattern);
                if (CheckDigits.IsVat(candidate))
                {
                    return candidate;
                }
            }
        }

        switch (country)
        {
            case "FR":
                for (; ; )
                {
                    string siren = random.Digits("4########");
                    if (CheckDigits.Luhn(siren))
                    {
                        return "FR" + CheckDigits.FrenchKey(siren) + siren;
                    }
                }

            case "GB":
                string british = random.Digits("7######");
                return "GB" + british + CheckDigits.BritishKey(british);
            case "BE":
                string belgian = (4_000_000 + random.Below(900_000)).ToString(CultureInfo.InvariantCulture).PadLeft(8, '0');
                return "BE" + belgian + CheckDigits.BelgianKey(belgian);
            default:
                return "";
        }
    }
}
