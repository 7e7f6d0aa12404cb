namespace Gateway.Matching.Scoring;

/// <summary>How a shipment and one record fit, and why.</summary>
/// <param name="Lane">Where the record alone would send the shipment.</param>
/// <param name="Bits">Sum of the reasons' bits.</param>
/// <param name="Score">0 to 100, rising with the bits; for ranking within a lane.</param>
/// <param name="Reasons">Never empty: what met, what else agrees, what contradicts, and which rule set the lane.</param>
public sealed record Assessment(Lane Lane, double Bits, int Score, IReadOnlyList<Reason> Reasons);
