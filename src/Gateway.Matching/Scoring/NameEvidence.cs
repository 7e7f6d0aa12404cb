using System.Globalization;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>How alike a party's name and the record's are, where words were compared. It adds to what identifiers say, and says nothing by itself.</summary>
/// <param name="Bits">log2 of the likelihood ratio, of the words alone.</param>
/// <param name="Sentence">For people; holds the asking side's own words.</param>
public sealed record NameEvidence(double Bits, string Sentence)
{
    // Words of a name are anybody's to use, so that however alike they are they weigh less than the weakest identifier.
    private const double MostBits = 6;

    /// <summary>The reason it makes beside the identifiers that were counted. Combinations contain the name already: only what it says beyond the strongest of them is added. A name that differs speaks
    /// against nobody who is met by something else: names are what changes first.</summary>
    internal Reason Weigh(IEnumerable<Evidence> counted, Weights weights)
    {
        double said = counted.Where(evidence => weights.Of(evidence.RecordType).MadeOf.Contains("name")).Select(evidence => weights.Of(evidence.RecordType).AgreeingBits).DefaultIfEmpty(0).Max();
        double bits = Math.Clamp(Bits - said, 0, MostBits);
        return new Reason(bits, string.Create(CultureInfo.InvariantCulture, $"{Sentence}; {Scorer.Signed(bits)}"));
    }
}
