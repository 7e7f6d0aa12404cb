using System.Globalization;
using CsvHelper;

namespace Gateway.Cli.Samples;

/// <summary>An entity of the listing that stands in for a counterfeiter record.</summary>
/// <param name="Id">The listing's number.</param>
/// <param name="Name">Name as listed.</param>
/// <param name="IsPerson">A natural person, else an organisation.</param>
/// <param name="Identifiers">The parts of the remarks that hold identifiers.</param>
/// <param name="Addresses">Street, city line and country name as listed.</param>
/// <param name="Aliases">Other names as listed.</param>
public sealed record ListedEntity(
    string Id, string Name, bool IsPerson, IReadOnlyList<string> Identifiers, IReadOnlyList<(string Street, string City, string Country)> Addresses, IReadOnlyList<string> Aliases);

/// <summary>One import declaration of the customs data.</summary>
public sealed record Declaration(
    string Id, string Date, string Mode, string DeclarantId, string ImporterId, string SellerId, string CourierId, string Hs6, string Departure, string Origin,
    decimal MassKg, decimal Value);

/// <summary>A clean party's name.</summary>
public readonly record struct CleanName(string Full, string Last);

/// <summary>The real data in <c>samples/</c>, read whole: about 2 MB.</summary>
public sealed class SampleSource
{
    private SampleSource(IReadOnlyList<ListedEntity> entities, IReadOnlyList<Declaration> declarations, IReadOnlyList<CleanName> names, Places places) =>
        (Entities, Declarations, Names, Places) = (entities, declarations, names, places);

    /// <summary>Listed organisations and persons, by their number.</summary>
    public IReadOnlyList<ListedEntity> Entities { get; }

    /// <summary>Declarations in the order of the data.</summary>
    public IReadOnlyList<Declaration> Declarations { get; }

    /// <summary>Names of nobody in particular.</summary>
    public IReadOnlyList<CleanName> Names { get; }

    /// <summary>Countries, cities, streets.</summary>
    public Places Places { get; }

    /// <summary>Reads the folder <c>samples/</c>.</summary>
    /// <exception cref="FileNotFoundException">A file is missing: the folder is not the project's.</exception>
    public static SampleSource Open(DirectoryInfo folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var addresses = Read(folder, "ofac/addresses.csv").ToLookup(row => row["entity"], row => (row["street"], row["city"], row["country"]));
        var aliases = Read(folder, "ofac/aliases.csv").ToLookup(row => row["entity"], row => row["name"]);
        List<ListedEntity> entities = [.. Read(folder, "ofac/entities.csv").Select(row => new ListedEntity(
            row["entity"], row["name"], row["kind"] == "PERSON", row["identifiers"].Split("; "), [.. addresses[row["entity"]]], [.. aliases[row["entity"]]]))];
        List<Declaration> declarations = [.. Read(folder, "customs/declarations.csv").Select(row => new Declaration(
            row["Declaration ID"], row["Date"], row["Mode of Transport"], row["Declarant ID"], row["Importer ID"], row["Seller ID"], row["Courier ID"], row["HS6 Code"],
            row["Country of Departure"], row["Country of Origin"], Number(row["Net Mass"]), Number(row["Item Price"])))];
        List<CleanName> names = [.. Read(folder, "names/names.csv").Select(row => new CleanName(row["full_name"], row["last_name"]))];
        return new SampleSource(entities, declarations, names, ReadPlaces(folder));
    }

    private static Places ReadPlaces(DirectoryInfo folder)
    {
        IEnumerable<Country> countries = Read(folder, "places/countries.csv").Select(row =>
        {
            string[] lengths = row["national_length"].Split('-');
            return new Country(
                row["name"], row["alpha2"], row["calling_code"], row["trunk"], int.Parse(lengths[0], CultureInfo.InvariantCulture),
                int.Parse(lengths[^1], CultureInfo.InvariantCulture), row["sample_numbers"].Split('|', StringSplitOptions.RemoveEmptyEntries));
        });
        return new Places(
            countries,
            Read(folder, "places/cities.csv").Select(row => (row["country"], new City(row["city"], row["postcode"]))),
            Read(folder, "places/streets.csv").Select(row => (row["country"], row["street"])),
            [.. Read(folder, "addresses/streets.csv").Select(row => "{n} " + CultureInfo.InvariantCulture.TextInfo.ToTitleCase(row["street"]))]);
    }

    private static decimal Number(string text) => Math.Round(decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), 2);

    private static IEnumerable<IReadOnlyDictionary<string, string>> Read(DirectoryInfo folder, string path)
    {
        string file = Path.Combine(folder.FullName, path.Replace('/', Path.DirectorySeparatorChar));
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{path} is missing in {folder.FullName}: give the project's samples folder.", file);
        }

        using CsvReader csv = CsvReader.FromFile(file, new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        string[] header = [.. csv.Headers];
        while (csv.Read())
        {
            Dictionary<string, string> row = new(header.Length, StringComparer.Ordinal);
            for (int i = 0; i < header.Length; i++)
            {
                row[header[i]] = csv.GetString(i);
            }

            yield return row;
        }
    }
}
