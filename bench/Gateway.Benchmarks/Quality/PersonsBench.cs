using System.Globalization;
using Gateway.Matching.Scoring;

namespace Gateway.Benchmarks.Quality;

/// <summary>FEBRL 4, names, address and birth date through the pseudonyms: what the keys find, and how well the score tells the same from others.</summary>
internal static class PersonsBench
{
    public static void Run(TextWriter output)
    {
        List<TrueParty> records = QualityData.Febrl("4a"), shipments = QualityData.Febrl("4b");
        using Linkage linkage = new(Weights.Shipped(), records, shipments);
        List<LinkedPair> pairs = [.. shipments.SelectMany(linkage.Link)];
        int found = pairs.Count(pair => pair.IsTrue);
        Print(output, $"FEBRL 4 through the pseudonyms: {records.Count:N0} records, {shipments.Count:N0} parties asked for, {linkage.Evaluations:N0} identifiers evaluated");
        Print(output, $"  candidates: {pairs.Count:N0} pairs, {found:N0} of {shipments.Count:N0} true ones among them: pair completeness {(double)found / shipments.Count:F4}");
        double threshold = BestThreshold([.. pairs.Where(pair => QualityData.IsTraining(pair.Entity))], shipments.Count(party => QualityData.IsTraining(party.Entity)));
        foreach (bool training in (bool[])[true, false])
        {
            int all = shipments.Count(party => QualityData.IsTraining(party.Entity) == training);
            LinkedPair[] linked = [.. pairs.Where(pair => QualityData.IsTraining(pair.Entity) == training && pair.Bits >= threshold)];
            int right = linked.Count(pair => pair.IsTrue);
            Print(output, $"  {(training ? "training half (threshold chosen here)" : "other half"),-38} {all:N0} entities, threshold {threshold:F1} bits: precision {(double)right / linked.Length:F4}, recall {(double)right / all:F4}, F1 {2.0 * right / (linked.Length + all):F4}{(training ? "" : "  goal ≥ 0.995")}");
        }
    }

    // The midpoint of the best gap, so that no single pair decides it.
    private static double BestThreshold(List<LinkedPair> pairs, int all)
    {
        LinkedPair[] sorted = [.. pairs.OrderByDescending(pair => pair.Bits)];
        double best = 0, threshold = 0;
        int right = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            right += sorted[i].IsTrue ? 1 : 0;
            double f1 = 2.0 * right / (i + 1 + all);
            if (f1 > best) (best, threshold) = (f1, i + 1 < sorted.Length ? (sorted[i].Bits + sorted[i + 1].Bits) / 2 : sorted[i].Bits);
        }

        return threshold;
    }

    private static void Print(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
