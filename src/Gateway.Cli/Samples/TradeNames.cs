using System.Globalization;
using System.Text;

namespace Gateway.Cli.Samples;

/// <summary>Makes up company names, no two alike, and the domains that go with them (under .example, RFC 2606: nobody is addressed).</summary>
internal sealed class TradeNames(IReadOnlyList<CleanName> names)
{
    private static readonly string[] Trades =
    [
        "Textile", "Garment", "Footwear", "Electronics", "Trading", "Import & Export", "Plastics", "Hardware", "Toys", "Cosmetics", "Optics", "Industrial", "Furniture", "Leather",
        "Machinery", "Packaging", "Auto Parts", "Home Goods", "Sports", "Instruments", "Foods", "Ceramics", "Lighting", "Jewellery",
    ];

    private static readonly string[] Syllables =
    [
        "hua", "xin", "jia", "long", "sheng", "mei", "hong", "fu", "yuan", "tai", "ming", "heng", "rui", "bao", "feng", "cheng", "kai", "an", "da", "guang", "wei", "jin", "le", "hai",
    ];

    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _domains = new(StringComparer.Ordinal);
    private readonly List<string> _lastNames =
        [.. names.Select(name => name.Last).Where(last => last.Length is >= 4 and <= 11 && last.All(c => char.IsLetter(c) && c < 0x250)).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>A company name that has not been given out.</summary>
    public string Next(Address seat, SplitMix64 random)
    {
        for (; ; )
        {
            string name = Make(seat, random);
            if (_taken.Add(name))
            {
                return name;
            }
        }
    }

    /// <summary>A domain under .example for a company, not given out before.</summary>
    public string DomainFor(string company)
    {
        string label = new([.. company.Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant).Take(18)]);
        string domain = label + ".example";
        for (int i = 2; !_domains.Add(domain); i++)
        {
            domain = label + i.ToString(CultureInfo.InvariantCulture) + ".example";
        }

        return domain;
    }

    private string Make(Address seat, SplitMix64 random)
    {
        string trade = random.Pick(Trades);
        if (seat.Country is "CN" or "HK" or "TW" or "SG")
        {
            string word = random.Pick(Syllables) + random.Pick(Syllables) + (random.Chance(25) ? random.Pick(Syllables) : "");
            string brand = char.ToUpperInvariant(word[0]) + word[1..];
            return seat.Country == "CN" ? $"{seat.City} {brand} {trade} Co., Ltd." : $"{brand} {trade} {random.Pick(["Limited", "Co., Ltd.", "Pte. Ltd."])}";
        }

        string owner = random.Pick(_lastNames);
        string second = random.Chance(30) ? " & " + random.Pick(_lastNames) : "";
        return $"{owner}{second} {trade} {random.Pick(FormsOf(seat.Country))}";
    }

    private static string[] FormsOf(string country) => country switch
    {
        "DE" or "AT" => ["GmbH", "GmbH & Co. KG", "AG"],
        "CH" => ["AG", "GmbH", "SA"],
        "IT" => ["S.r.l.", "S.p.A."],
        "FR" or "LU" => ["SARL", "SAS", "SA"],
        "ES" or "MX" or "AR" or "CL" or "CO" or "PE" or "EC" or "GT" => ["S.A.", "S.L."],
        "NL" or "BE" => ["B.V.", "N.V."],
        "PL" => ["Sp. z o.o."],
        "PT" or "BR" => ["Lda.", "Ltda."],
        "JP" => ["K.K.", "Co., Ltd."],
        "KR" or "VN" or "TH" => ["Co., Ltd.", "JSC"],
        "US" => ["Inc.", "LLC", "Corp."],
        "CA" => ["Inc.", "Ltd."],
        "RU" or "UA" => ["OOO", "ZAO"],
        "TR" => ["A.Ş.", "Ltd. Şti."],
        "SE" or "FI" => ["AB", "Oy"],
        "DK" or "NO" => ["A/S", "AS"],
        "CZ" or "SK" => ["s.r.o.", "a.s."],
        "ID" => ["PT"],
        "MY" => ["Sdn. Bhd."],
        "IN" or "PK" or "LK" or "BD" => ["Pvt. Ltd.", "Ltd."],
        _ => ["Ltd.", "Trading Company"],
    };
}
