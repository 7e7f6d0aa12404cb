namespace Gateway.Matching.Scoring;

/// <summary>How a shipment and one record fit, and why.</summary>
/// <param name="Lane">Where the record alone would send the shipment.</param>
/// <param name="Bits">Sum of the reasons' bits: log2 of the odds that party and record are the same.</param>
/// <param name="Score">That as a probability in full percent, 0 to 100: of hits scored 80, about 80 in 100 are meant to be true.</param>
/// <param name="Reasons">Never empty. What supports, the strongest first; what contradicts, the strongest first; what was believed before; what explains without weighing.</param>
public sealed record Assessment(Lane Lane, double Bits, int Score, IReadOnlyList<Reason> Reasons);
