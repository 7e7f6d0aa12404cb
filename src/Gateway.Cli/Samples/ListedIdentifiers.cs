using System.Text.RegularExpressions;

namespace Gateway.Cli.Samples;

/// <summary>
/// Reads the identifiers out of a listed entity's remarks. Keeps only what is sure to be well formed: a number with a known check digit must hold, a
/// number without country takes the entity's, a site on somebody else's platform is left out.
/// </summary>
internal sealed partial class ListedIdentifiers
{
    private static readonly string[] Platforms =
    [
        "facebook.com", "twitter.com", "instagram.com", "linkedin.com", "youtube.com", "t.me", "vk.com", "telegram.org", "google.com", "blogspot.com", "wordpress.com", "alibaba.com",
        "ec21.com", "tripod.com",
    ];

    private readonly Places _places;
    private readonly IReadOnlyList<Country> _countries;

    private ListedIdentifiers(Places places, IReadOnlyList<Country> countries) => (_places, _countries) = (places, countries);

    public List<string> Emails { get; } = [];

    public List<string> Phones { get; } = [];

    public List<string> Websites { get; } = [];

    public List<string> Vat { get; } = [];

    public List<string> Registrations { get; } = [];

    public List<string> TaxNumbers { get; } = [];

    public List<string> IdentityDocuments { get; } = [];

    public List<string> PaymentAccounts { get; } = [];

    /// <summary>Reads every part.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="places">For country names.</param>
    /// <param name="countries">Countries of the entity's addresses, the chosen one first.</param>
    public static ListedIdentifiers Of(ListedEntity entity, Places places, IReadOnlyList<Country> countries)
    {
        ListedIdentifiers read = new(places, countries);
        foreach (string part in entity.Identifiers)
        {
            read.Take(part.StartsWith("alt. ", StringComparison.Ordinal) ? part[5..] : part);
        }

        return read;
    }

    private void Take(string part)
    {
        Match match = LabelPattern().Match(part);
        if (!match.Success)
        {
            return;
        }

        string label = match.Groups["label"].Value;
        string value = match.Groups["value"].Value.Trim(' ', '.', '"', ';', ',');
        switch (label)
        {
            case "Email Address" or "E-mail Address":
                Keep(Emails, EmailPattern().IsMatch(value) ? value : null, 6);
                break;
            case "Phone Number" or "Phone No." or "Telephone" or "Telephone No.":
                Keep(Phones, Phone(value), 6);
                break;
            case "Website":
                Keep(Websites, HostOf(value) is null ? null : value, 4);
                break;
            case "Digital Currency Address":
                Match address = PaymentPattern().Match(value);
                Keep(PaymentAccounts, address.Success ? $"{address.Groups["currency"].Value}:{address.Groups["address"].Value}" : null, 6);
                break;
            default:
                TakeNumbered(label, value);
                break;
        }
    }

    private void TakeNumbered(string label, string text)
    {
        Match match = NumberedPattern().Match(text);
        string value = match.Groups["value"].Value.Trim();
        string country = match.Groups["country"].Value;
        Country? issuer = country.Length == 0 ? _countries[0] : _places.Named(country);
        if (issuer is null || value.StartsWith("IMO", StringComparison.Ordinal) || !NumberPattern().IsMatch(value) || value.Count(char.IsAsciiDigit) < 4)
        {
            return;
        }

        string compact = Compact(value);
        string code = issuer.Code;
        switch (label)
        {
            case "V.A.T. Number":
                string vat = compact.StartsWith(code, StringComparison.Ordinal) ? compact : code + compact;
                Keep(Vat, CheckDigits.IsVat(vat) ? vat : null, 2);
                break;
            case "Tax ID No." or "NIT" or "RUC" or "R.F.C." or "RIF":
                bool taxHolds = code switch { "RU" => CheckDigits.IsInn(compact), "CO" => CheckDigits.IsNit(compact), "CN" => CheckDigits.IsUscc(compact), "GT" => false, _ => compact.Length >= 6 };
                Keep(TaxNumbers, taxHolds ? $"{code}:{value}" : null, 3);
                break;
            case "Passport":
                Keep(IdentityDocuments, compact.Length is >= 5 and <= 14 && value == compact ? $"{code}:PASSPORT:{value}" : null, 4);
                break;
            case "National ID No." or "Cedula No." or "D.N.I." or "C.U.R.P." or "Identification Number":
                bool idHolds = compact.Length is >= 5 and <= 20 && (code != "CN" || CheckDigits.IsChineseIdentityNumber(compact));
                Keep(IdentityDocuments, idHolds ? $"{code}:NATIONAL_ID:{compact}" : null, 4);
                break;
            default:
                bool holds = code switch
                {
                    "RU" => CheckDigits.IsOgrn(compact),
                    "CN" => CheckDigits.IsUscc(compact),
                    "GB" => compact.Length == 8,
                    _ => compact.Length is >= 5 and <= 20,
                };
                Keep(Registrations, holds ? $"{code}:{value}" : null, 4);
                break;
        }
    }

    /// <summary>E.164 form of a listed number that states one of the entity's countries, else null.</summary>
    private string? Phone(string text)
    {
        string digits = new([.. text.Replace("(0)", "", StringComparison.Ordinal).Where(char.IsAsciiDigit)]);
        digits = digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..] : digits;
        foreach (Country country in _countries)
        {
            if (digits.StartsWith(country.CallingCode, StringComparison.Ordinal))
            {
                string national = digits[country.CallingCode.Length..];
                if (national.Length >= country.ShortestNumber && national.Length <= country.LongestNumber && national[0] != '0')
                {
                    return "+" + digits;
                }
            }
        }

        return null;
    }

    /// <summary>Letters and digits only, capitals.</summary>
    public static string Compact(string value) => new([.. value.Where(char.IsAsciiLetterOrDigit).Select(char.ToUpperInvariant)]);

    /// <summary>Host of a site, without "www.", lower case; null where it is none or somebody else's platform.</summary>
    public static string? HostOf(string site)
    {
        Match match = SitePattern().Match(site);
        if (!match.Success)
        {
            return null;
        }

        string host = string.Create(match.Groups["host"].Length, match.Groups["host"].Value, static (span, text) => text.AsSpan().ToLowerInvariant(span));
        return Platforms.Any(platform => host == platform || host.EndsWith("." + platform, StringComparison.Ordinal)) ? null : host;
    }

    private static void Keep(List<string> list, string? value, int limit)
    {
        if (value is not null && list.Count < limit && !list.Contains(value))
        {
            list.Add(value);
        }
    }

    [GeneratedRegex(
        @"^(?<label>E-?[Mm]ail Address|Phone N(?:umber|o\.)|Telephone(?: No\.)?|Website|Registration ID|Registration Number|Commercial Registry Number|Company Number|Tax ID No\.|NIT"
        + @"|RUC|R\.F\.C\.|RIF|V\.A\.T\. Number|Unified Social Credit Code|Business Registration Number|C\.R\. No\.|Passport|National ID No\.|Cedula No\.|D\.N\.I\.|C\.U\.R\.P\."
        + @"|Identification Number|Digital Currency Address)(?: \(USCC\))?[:#\s-]*(?<value>.*)$")]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"^(?<value>.*?)(?:\s*\((?<country>[^()]*)\))?(?:\s+(?:issued|expires)\s.*)?$")]
    private static partial Regex NumberedPattern();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9 ./-]{2,22}[A-Za-z0-9]$")]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._+-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$")]
    private static partial Regex EmailPattern();

    // The remarks cut some addresses short, and some Monero entries are payment ids: only a whole address is one.
    [GeneratedRegex(@"^(?<currency>[A-Z]{3,5}) (?<address>(?<=ETH )0x[0-9A-Fa-f]{40}|(?<=XMR )[1-9A-HJ-NP-Za-km-z]{95}|(?<!(?:ETH|XMR) )[A-Za-z0-9]{26,64})$")]
    private static partial Regex PaymentPattern();

    [GeneratedRegex(@"^(?:https?://)?(?:www\.)?(?<host>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})/?(?:[^\s;]*)$", RegexOptions.IgnoreCase)]
    private static partial Regex SitePattern();
}
