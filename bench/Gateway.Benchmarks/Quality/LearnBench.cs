using System.Globalization;
using System.Text;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Benchmarks.Quality;

/// <summary>Counts m and u on data with known truth and writes src/Gateway.Matching/Scoring/learned.json anew.</summary>
internal static class LearnBench
{
    private const int RandomPairs = 60_000;

    // Synthetic persons share less than real ones: no combination comes near a strong identifier.
    private const double MostBits = 20.5;

    private static readonly IdentifierType[] PersonTypes =
    [
        IdentifierType.PersonNamePostcode, IdentifierType.SurnameStreetNumberPostcode, IdentifierType.PersonNameCity, IdentifierType.PersonNameBirthDate, IdentifierType.NameWordBirthDate,
        IdentifierType.BirthDateAddress, IdentifierType.PersonNameStreet, IdentifierType.NameWordStreetNumber, IdentifierType.NameInitialStreet,
    ];

    private static readonly IdentifierType[] CompanyTypes =
        [IdentifierType.CompanyStreetNumberPostcode, IdentifierType.CompanyCity, IdentifierType.NameWordAddress, IdentifierType.NameFragmentAddress];

    private static readonly ComparedField[] AddressFields = [ComparedField.Street, ComparedField.StreetNumber, ComparedField.Postcode];

    public static void Run(TextWriter output)
    {
        List<TrueParty>[] febrl = [QualityData.Febrl("1"), QualityData.Febrl("2"), QualityData.Febrl("3")];
        List<TrueParty> sites = QualityData.Sites(), listed = QualityData.Listed();
        LikenessCount samePersons = new(), otherPersons = new(), sameCompanies = new(), otherCompanies = new();
        foreach (List<TrueParty> set in febrl)
        {
            foreach ((TrueParty a, TrueParty b) in Pairs.Same(set)) samePersons.Add(a, b);
            foreach ((TrueParty a, TrueParty b) in Pairs.Others(set, RandomPairs / febrl.Length)) otherPersons.Add(a, b);
        }

        foreach ((TrueParty a, TrueParty b) in Pairs.Same(sites)) sameCompanies.Add(a, b, [ComparedField.Name, .. AddressFields]);
        foreach ((TrueParty a, TrueParty b) in Pairs.Others(listed, RandomPairs)) otherCompanies.Add(a, b);

        StringBuilder json = new();
        json.Append("""
            {
              "provenance": [
                "Written by ./gateway bench learn; not to be changed by hand. Counted over pairs with known truth, levels in the order Same, Close, Similar, Different; half a pair added everywhere; neighbouring levels taken together where the more alike would weigh less.",
                "Persons: FEBRL 1 to 3 (synthetic persons, truth in rec_id). FEBRL 4, on which quality is measured, was not used for them. Synthetic: its errors are a program's, not those of people who hide, and counterfeiters choose what they state. Nor do its persons share households.",
                "Companies: m of name, street, number and postcode on day-care sites of Chicago as several offices wrote them (true ids; honest differences, nobody hides); u on pairs of listed organisations all over the world. m of the city is that of FEBRL's persons: no data with truth were at hand.",
                "Combinations of persons: m on FEBRL 1 to 3, u on all pairs of FEBRL 4a. Of companies: m on the Chicago sites, u on all pairs of listed organisations. None weighs more than 20.5 bits, which is SET.",
                "Still set, in weights.json: strong identifiers, names with telephone area or country, goods, route, age, limits, prior, thresholds."
              ],

            """);
        AppendFields(json, output, "persons", Enum.GetValues<ComparedField>(), otherPersons, _ => samePersons, "FEBRL 1-3", _ => "FEBRL 1-3");
        AppendFields(json, output, "companies", [.. Enum.GetValues<ComparedField>().Where(field => field != ComparedField.BirthDate)], otherCompanies,
            field => field == ComparedField.City ? samePersons : sameCompanies, "listed organisations", field => field == ComparedField.City ? "FEBRL 1-3" : "Chicago sites");
        AppendCombinations(json, output, febrl, sites, listed);
        json.Append("}\n");

        string file = Path.Combine(QualityData.Root, "src/Gateway.Matching/Scoring/learned.json");
        File.WriteAllText(file, json.ToString().ReplaceLineEndings("\n"));
        AddressSharing(output, listed);
        output.WriteLine($"written: {Path.GetRelativePath(QualityData.Root, file)}; build again to use it");
    }

    private static void AppendFields(
        StringBuilder json, TextWriter output, string name, ComparedField[] fields, LikenessCount others, Func<ComparedField, LikenessCount> sameOf, string otherSource, Func<ComparedField, string> sameSource)
    {
        json.Append(CultureInfo.InvariantCulture, $"  \"{name}\": {{\n");
        output.WriteLine($"{name,-16}{"pairs same",12}{"others",10}   bits: Same, Close, Similar, Different");
        foreach (ComparedField field in fields)
        {
            LikenessCount of = sameOf(field);
            (double[] m, double[] u) = LikenessCount.Weights(field, of, others);
            string why = $"LEARNED: m on {of.Total(field):N0} pairs of {sameSource(field)}, u on {others.Total(field):N0} pairs of {otherSource}.";
            json.Append(CultureInfo.InvariantCulture, $"    \"{field}\": {{ \"m\": [{List(m)}], \"u\": [{List(u)}], \"why\": \"{why}\" }}{(field == fields[^1] ? "" : ",")}\n");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {field,-14}{of.Total(field),12:N0}{others.Total(field),10:N0}   {string.Join("  ", m.Zip(u).Select(p => $"{Math.Log2(p.First / p.Second),6:F1}"))}"));
        }

        json.Append("  },\n");
    }

    private static void AppendCombinations(StringBuilder json, TextWriter output, List<TrueParty>[] febrl, List<TrueParty> sites, List<TrueParty> listed)
    {
        (Dictionary<IdentifierType, int> personsMet, int personPairs) = Pairs.Meeting(febrl.SelectMany(Pairs.Same));
        (Dictionary<IdentifierType, int> personsOthers, long personOtherPairs) = Pairs.MeetingOfOthers(QualityData.Febrl("4a"));
        (Dictionary<IdentifierType, int> sitesMet, int sitePairs) = Pairs.Meeting(Pairs.Same(sites));
        (Dictionary<IdentifierType, int> listedOthers, long listedPairs) = Pairs.MeetingOfOthers(listed);
        json.Append("  \"combinations\": {\n");
        output.WriteLine($"{"combinations",-30}{"m",8}{"u",12}{"bits",8}");
        IdentifierType last = CompanyTypes[^1];
        foreach (IdentifierType type in PersonTypes.Concat(CompanyTypes))
        {
            bool person = PersonTypes.Contains(type);
            double m = ((person ? personsMet : sitesMet).GetValueOrDefault(type) + 0.5) / ((person ? personPairs : sitePairs) + 1);
            int shared = (person ? personsOthers : listedOthers).GetValueOrDefault(type);
            long pairs = person ? personOtherPairs : listedPairs;
            double u = Math.Max((shared + 0.5) / (pairs + 1), m / Math.Pow(2, MostBits));
            string why = person ? $"LEARNED: m on {personPairs:N0} pairs of FEBRL 1-3, u on {shared:N0} of {pairs:N0} pairs of FEBRL 4a." : $"LEARNED: m on {sitePairs:N0} pairs of Chicago sites, u on {shared:N0} of {pairs:N0} pairs of listed organisations.";
            json.Append(CultureInfo.InvariantCulture, $"    \"{type}\": {{ \"m\": {Figure(m)}, \"u\": {Figure(u)}, \"why\": \"{why}\" }}{(type == last ? "" : ",")}\n");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {type,-28}{m,8:F3}{u,12:E1}{Math.Log2(m / u),8:F1}"));
        }

        json.Append("  }\n");
    }

    // For the limit of a company's address, which weights.json states.
    private static void AddressSharing(TextWriter output, List<TrueParty> listed)
    {
        (Dictionary<string, int> met, long pairs) = Pairs.Sharing<string>(listed, party =>
        {
            PostalAddress address = PostalAddress.Of(party.Party.Street, party.Party.City, party.Party.Postcode);
            return address is { Number.Length: > 0, Postcode.Length: > 0 } ? [("number and postcode", $"{address.Number}|{address.Postcode}")] : [];
        });
        int shared = met.GetValueOrDefault("number and postcode");
        output.WriteLine($"different listed organisations that share number and postcode: {shared:N0} of {pairs:N0} pairs, 1 in {pairs / Math.Max(1, shared):N0}, {Math.Log2((double)pairs / Math.Max(1, shared)).ToString("F1", CultureInfo.InvariantCulture)} bits");
    }

    private static string List(double[] figures) => string.Join(", ", figures.Select(Figure));

    private static string Figure(double figure) => figure.ToString("G3", CultureInfo.InvariantCulture);
}
