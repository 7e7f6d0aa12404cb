using System.Globalization;
using System.Text;
using Gateway.Matching.Identifiers;

namespace Gateway.Benchmarks.Quality;

/// <summary>A party with who it truly is.</summary>
/// <param name="Entity">Equal for statements about one party.</param>
/// <param name="Party">As it is stated, with whatever errors.</param>
internal sealed record TrueParty(int Entity, Party Party);

/// <summary>The data with known truth that the project holds (bench/data, samples, tests; each folder names origin and licence).</summary>
internal static class QualityData
{
    /// <summary>The project's folder, found from the program's own.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>FEBRL set 1, 2, 3, 4a or 4b: synthetic persons. A birth date that is no day of the calendar is left out, as the product's forms would.</summary>
    public static List<TrueParty> Febrl(string set) =>
        [.. Rows($"bench/data/febrl/dataset{set}.csv").Select(row => new TrueParty(Number(row[0].Split('-')[1]), new Party
        {
            Kind = PartyKind.Person,
            Name = $"{row[1]} {row[2]}".Trim(),
            Street = $"{row[3]} {row[4]}, {row[5]}".Trim(' ', ','),
            City = row[6],
            Postcode = row[7],
            Country = "AU",
            BirthDate = DateOnly.TryParseExact(row[8], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly born) ? born : null,
        }))];

    /// <summary>Chicago's day-care sites, as several offices wrote them.</summary>
    public static List<TrueParty> Sites() =>
        [.. Rows("bench/data/addresses/chicago.csv").GroupBy(row => row[0]).SelectMany((group, entity) => group.Select(row => (entity, row))).Select(site => new TrueParty(site.entity, new Party { Kind = PartyKind.Organisation, Name = site.row[1], Street = site.row[2], City = "Chicago", Postcode = site.row[3], Country = "US" }))];

    /// <summary>Listed organisations with their addresses, one row an address.</summary>
    public static List<TrueParty> Listed() =>
        [.. Rows("tests/Gateway.Matching.Tests/Keys/addresses.csv").Where(row => row[1] == "ORGANISATION").Select(row => new TrueParty(Number(row[0]), new Party
        {
            Kind = PartyKind.Organisation, Name = row[2], Street = row[3], City = row[4], Postcode = row[5],
        }))];

    /// <summary>Other names of listed entities.</summary>
    public static ILookup<int, string> Aliases() => Rows("samples/ofac/aliases.csv").ToLookup(row => Number(row[0]), row => row[1]);

    /// <summary>Whether an entity belongs to the half on which thresholds are chosen; the other half is for evaluation.</summary>
    public static bool IsTraining(int entity) => ((unchecked((uint)entity * 2_654_435_761u) >> 16) & 1) == 0;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<List<string>> Rows(string file) => File.ReadLines(Path.Combine(Root, file)).Skip(1).Select(Split);

    private static List<string> Split(string line)
    {
        List<string> fields = [];
        StringBuilder field = new();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"') field.Append(line[i++]);
            else if (line[i] == '"') quoted = !quoted;
            else if (line[i] == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else field.Append(line[i]);
        }

        fields.Add(field.ToString());
        return fields;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("The data lie in the project's folder: run this from its build there.");
    }
}
