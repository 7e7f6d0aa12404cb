using System.Text.RegularExpressions;

namespace Gateway.Cli.Samples;

/// <summary>Splits an address as the listing writes it: the city line holds city, region and postcode ("Culiacan, Sinaloa 80060", "London EC2R 7HD").</summary>
internal static partial class ListedAddress
{
    /// <summary>The address in fields.</summary>
    public static Address Split(string street, string cityLine, string countryCode)
    {
        Match match = PostcodePattern().Match(cityLine);
        string city = (match.Success ? cityLine[..match.Index] : cityLine).Trim(' ', ',');
        int comma = city.IndexOf(',', StringComparison.Ordinal);
        return new Address(street.Trim(), comma > 0 ? city[..comma] : city, match.Success ? match.Groups["postcode"].Value : "", countryCode);
    }

    /// <summary>Whether a street names one number only, so that it is plain which one is the street number, and is no post box.</summary>
    public static bool HasPlainNumber(string street) => NumberPattern().Count(street) == 1 && !BoxPattern().IsMatch(street);

    [GeneratedRegex(@"(?:^|\s)(?<postcode>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{3} ?\d{2,4}|\d{4} ?[A-Z]{2}|\d{3} \d{2}|(?:[A-Z]{1,2}-)?\d[\d-]{2,11})$")]
    private static partial Regex PostcodePattern();

    [GeneratedRegex(@"\d+")]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"\b(?:Box|Apartado|Casilla|Floor|Suite|Unit|Piso|Office|Km|Local|Room|th|rd|nd|st)\b|\d(?:th|rd|nd|st)\b", RegexOptions.IgnoreCase)]
    private static partial Regex BoxPattern();
}
