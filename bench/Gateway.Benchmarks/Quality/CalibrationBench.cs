using System.Globalization;
using Gateway.Cli.Samples;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;

namespace Gateway.Benchmarks.Quality;

/// <summary>Whether a score means what it says: of hits scored p, how many are true. The prior is fitted on one half of the entities, the table made on the other.</summary>
internal static class CalibrationBench
{
    private const int Neighbours = 2;

    public static void Run(TextWriter output)
    {
        List<TrueParty> records = QualityData.Febrl("4a"), shipments = QualityData.Febrl("4b");
        Report(output, "Persons: FEBRL 4, every party asked for is listed once", records, shipments);
        (List<TrueParty> listed, List<TrueParty> disguised) = Organisations();
        Report(output, "Organisations: listed ones in the sample composer's disguises, and others at their addresses or with words of their names", listed, disguised);
    }

    private static void Report(TextWriter output, string title, List<TrueParty> records, List<TrueParty> shipments)
    {
        Weights weights = Weights.Shipped();
        using Linkage linkage = new(weights, records, shipments);
        List<LinkedPair> pairs = [.. shipments.SelectMany(linkage.Link)];
        List<LinkedPair> training = [.. pairs.Where(pair => QualityData.IsTraining(Math.Abs(pair.Entity)))], held = [.. pairs.Where(pair => !QualityData.IsTraining(Math.Abs(pair.Entity)))];
        double shift = BestShift(training);
        Print(output, $"{title}");
        Print(output, $"  {records.Count:N0} records, {shipments.Count:N0} parties asked for, {pairs.Count:N0} hits, {pairs.Count(pair => pair.IsTrue):N0} of them true; prior fitted on the training half: {weights.Prior.Bits + shift:F1} bits");
        Print(output, $"  {"score",-10}{"hits",8}{"mean score",12}{"true",10}");
        double error = 0;
        foreach (IGrouping<int, LinkedPair> bin in held.GroupBy(pair => Math.Min(9, (int)(10 * Prior.ProbabilityOf(pair.Bits + shift)))).OrderBy(bin => bin.Key))
        {
            double mean = bin.Average(pair => Prior.ProbabilityOf(pair.Bits + shift)), right = bin.Average(pair => pair.IsTrue ? 1.0 : 0);
            error += bin.Count() * Math.Abs(mean - right) / held.Count;
            Print(output, $"  {$"{10 * bin.Key}–{10 * (bin.Key + 1)}",-10}{bin.Count(),8:N0}{100 * mean,12:F1}{100 * right,9:F1}%");
        }

        double brier = held.Average(pair => Math.Pow(Prior.ProbabilityOf(pair.Bits + shift) - (pair.IsTrue ? 1 : 0), 2));
        double share = held.Average(pair => pair.IsTrue ? 1.0 : 0);
        Print(output, $"  on the other half: Brier score {brier:F4} (always saying {100 * share:F1} % would have {share * (1 - share):F4}), expected calibration error {error:F4}");
        Print(output, $"  with the shipped prior of {weights.Prior.Bits:F1} bits: Brier score {held.Average(pair => Math.Pow(Prior.ProbabilityOf(pair.Bits) - (pair.IsTrue ? 1 : 0), 2)):F4}");
        output.WriteLine();
    }

    // The shift of the prior that makes the training half likeliest.
    private static double BestShift(List<LinkedPair> pairs) => Enumerable.Range(-120, 241).Select(i => i / 10.0).MinBy(shift =>
        pairs.Sum(pair => Math.Log2(1 + Math.Pow(2, pair.IsTrue ? -(pair.Bits + shift) : pair.Bits + shift))));

    // Negative entities are no listed ones: strangers at a listed address, or with half of a listed name.
    private static (List<TrueParty> Records, List<TrueParty> Shipments) Organisations()
    {
        ILookup<int, string> aliases = QualityData.Aliases();
        List<TrueParty> all = [.. QualityData.Listed().Where(party => party.Party.Street.Any(char.IsAsciiDigit) && party.Party.City.Length > 0)];
        List<IGrouping<int, TrueParty>> entities = [.. all.GroupBy(party => party.Entity)];
        List<TrueParty> records = [.. entities.Select(group => group.First()).Select(party => party with { Party = party.Party with { Aliases = [.. aliases[party.Entity].Take(8)] } })];
        List<TrueParty> shipments = [];
        SplitMix64 random = new(20);
        for (int i = 0; i < records.Count; i++)
        {
            (TrueParty record, TrueParty other) = (records[i], records[(i + 1 + random.Below(records.Count - 1)) % records.Count]);
            Party plain = record.Party with { Aliases = [] };
            shipments.Add(record with { Party = Disguised(record, plain, [.. entities[i]], random) });
            for (int n = 0; n < Neighbours; n++) shipments.Add(new TrueParty(-record.Entity, Stranger(plain, records[(i + 1 + random.Below(records.Count - 1)) % records.Count].Party, other.Party, random)));
        }

        return (records, shipments);
    }

    private static Party Disguised(TrueParty record, Party plain, List<TrueParty> addresses, SplitMix64 random) => random.Below(6) switch
    {
        0 => plain,
        1 => plain with { Name = Typo.In(plain.Name, random) is { Name.Length: > 0 } typo ? typo.Name : plain.Name },
        2 => plain with { Name = record.Party.Aliases.Count > 0 ? random.Pick(record.Party.Aliases) : plain.Name },
        3 => plain with { Street = "", Postcode = "" },
        4 => addresses[random.Below(addresses.Count)].Party,
        _ => plain with { Name = Typo.In(Typo.In(plain.Name, random) is { Name.Length: > 0 } typo ? typo.Name : plain.Name, random) is { Name.Length: > 0 } twice ? twice.Name : plain.Name, Postcode = "" },
    };

    private static Party Stranger(Party plain, Party at, Party named, SplitMix64 random)
    {
        string[] words = plain.Name.Split(' '), others = named.Name.Split(' ');
        string mixed = $"{words[0]} {others[0]}"; // Not the last words: those are often legal forms, and the name would be the same.
        return random.Below(4) switch
        {
            0 => plain with { Name = named.Name },
            1 => plain with { Name = mixed },
            2 => at with { Name = $"{plain.Name.Split(',')[0]} {others[0]}", Aliases = [], City = plain.City },
            _ => at with { Name = mixed, Aliases = [] },
        };
    }

    private static void Print(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
