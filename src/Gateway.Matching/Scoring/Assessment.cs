namespace Gateway.Matching.Scoring;

/// <summary>One reason of an assessment.</summary>
/// <param name="Bits">What it adds to or takes from the weight of evidence, log2 of a likelihood ratio; 0 where it explains without weighing.</param>
/// <param name="Sentence">The reason as a person reads it, with its bits; no identifier's value.</param>
public readonly record struct Reason(double Bits, string Sentence)
{
    /// <summary>Whether it speaks against the match.</summary>
    public bool IsContradicting => Bits < 0;
}

/// <summary>How a shipment and one record fit, and why.</summary>
/// <param name="Lane">Where the record alone would send the shipment.</param>
/// <param name="Bits">Sum of the reasons' bits.</param>
/// <param name="Score">0 to 100, rising with the bits; for ranking within a lane.</param>
/// <param name="Reasons">Never empty: what met, what else agrees, what contradicts, and which rule set the lane.</param>
public sealed record Assessment(Lane Lane, double Bits, int Score, IReadOnlyList<Reason> Reasons);

/// <summary>How a shipment fits all the records it met.</summary>
/// <param name="Lane">The strictest of the records' lanes, after authorised traders were heard.</param>
/// <param name="Score">The highest score among the records in that lane; 0 in GREEN.</param>
/// <param name="Records">One assessment a match, in the order given.</param>
public sealed record ShipmentAssessment(Lane Lane, int Score, IReadOnlyList<Assessment> Records);

/// <summary>A record a shipment met, and by what.</summary>
/// <param name="Record">The record's summary.</param>
/// <param name="Evidence">The identifiers that met; at least one.</param>
public sealed record RecordMatch(RecordFacts Record, IReadOnlyList<Evidence> Evidence);
