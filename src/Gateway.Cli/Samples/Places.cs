namespace Gateway.Cli.Samples;

/// <summary>A country, as the sample's tables describe it.</summary>
/// <param name="Name">Name as the listing writes it.</param>
/// <param name="Code">ISO 3166-1 alpha-2.</param>
/// <param name="CallingCode">International calling code, digits only.</param>
/// <param name="Trunk">What stands before a national telephone number, or empty.</param>
/// <param name="ShortestNumber">Digits of the shortest national number.</param>
/// <param name="LongestNumber">Digits of the longest national number.</param>
/// <param name="SampleNumbers">National numbers to make up, "#" for a digit: ranges reserved for fiction where the country has some.</param>
public sealed record Country(string Name, string Code, string CallingCode, string Trunk, int ShortestNumber, int LongestNumber, IReadOnlyList<string> SampleNumbers);

/// <summary>A city with the pattern of its postcodes, "#" for a digit.</summary>
public readonly record struct City(string Name, string PostcodePattern);

/// <summary>An address in four fields.</summary>
public readonly record struct Address(string Street, string City, string Postcode, string Country);

/// <summary>The sample's countries, cities and streets.</summary>
public sealed class Places
{
    private readonly Dictionary<string, Country> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Country> _byCode = new(StringComparer.Ordinal);
    private readonly ILookup<string, City> _cities;
    private readonly ILookup<string, string> _streets;
    private readonly IReadOnlyList<string> _otherStreets;

    /// <summary>Makes the tables.</summary>
    /// <param name="countries">Every country; a code may stand twice with two names.</param>
    /// <param name="cities">Cities by country code.</param>
    /// <param name="streets">Street patterns by country code, "{n}" for the number.</param>
    /// <param name="otherStreets">Street patterns for countries that have none.</param>
    public Places(
        IEnumerable<Country> countries, IEnumerable<(string Country, City City)> cities, IEnumerable<(string Country, string Street)> streets, IReadOnlyList<string> otherStreets)
    {
        ArgumentNullException.ThrowIfNull(countries);
        foreach (Country country in countries)
        {
            _byName.Add(country.Name, country);
            _byCode.TryAdd(country.Code, country);
        }

        _cities = cities.ToLookup(row => row.Country, row => row.City, StringComparer.Ordinal);
        _streets = streets.ToLookup(row => row.Country, row => row.Street, StringComparer.Ordinal);
        _otherStreets = otherStreets;
    }

    /// <summary>The country with that name, or null.</summary>
    public Country? Named(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The country with that code, or null.</summary>
    public Country? Coded(string code) => _byCode.GetValueOrDefault(code);

    /// <summary>The country whose calling code an E.164 number begins with, the longest code first; null if none does.</summary>
    public Country? OfNumber(string e164) => _byCode.Values
        .Where(country => e164.AsSpan(1).StartsWith(country.CallingCode, StringComparison.Ordinal))
        .MaxBy(country => country.CallingCode.Length);

    /// <summary>Whether addresses can be made up in that country.</summary>
    public bool HasCities(string code) => _cities.Contains(code);

    /// <summary>Makes up an address in a country that has cities.</summary>
    public Address MakeUp(string code, SplitMix64 random)
    {
        ArgumentNullException.ThrowIfNull(random);
        City city = random.Pick(_cities[code].ToList());
        string street = random.Pick(_streets.Contains(code) ? _streets[code].ToList() : _otherStreets);
        string number = (1 + random.Below(480)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new Address(street.Replace("{n}", number, StringComparison.Ordinal), city.Name, random.Digits(city.PostcodePattern), code);
    }

    /// <summary>Makes up a national telephone number.</summary>
    public static string MakeUpNumber(Country country, SplitMix64 random)
    {
        ArgumentNullException.ThrowIfNull(country);
        ArgumentNullException.ThrowIfNull(random);
        return random.Digits(country.SampleNumbers.Count > 0 ? random.Pick(country.SampleNumbers) : "2" + new string('#', country.ShortestNumber - 1));
    }
}
