using System.Globalization;
using Gateway.Matching.Identifiers;

namespace Gateway.Benchmarks.Quality;

/// <summary>One synthetic person of FEBRL.</summary>
/// <param name="Entity">Who it truly is, from rec_id.</param>
/// <param name="Party">As it is stated, with whatever errors.</param>
internal sealed record FebrlPerson(int Entity, Party Party);

/// <summary>Reads bench/data/febrl. A birth date that is no day of the calendar is left out, as the product's forms would.</summary>
internal static class Febrl
{
    public static List<FebrlPerson> Read(string folder, string set) =>
        [.. File.ReadLines(Path.Combine(folder, $"dataset{set}.csv")).Skip(1).Select(line => Person(line.Split(',')))];

    private static FebrlPerson Person(string[] row) => new(int.Parse(row[0].Split('-')[1], CultureInfo.InvariantCulture), new Party
    {
        Kind = PartyKind.Person,
        Name = $"{row[1]} {row[2]}".Trim(),
        Street = $"{row[3]} {row[4]}, {row[5]}".Trim(' ', ','),
        City = row[6],
        Postcode = row[7],
        Country = "AU",
        BirthDate = DateOnly.TryParseExact(row[8], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly born) ? born : null,
    });
}
