namespace Gateway.Matching.Scoring;

/// <summary>How a shipment fits all the records it met.</summary>
/// <param name="Lane">The strictest of the records' lanes, after authorised traders were heard.</param>
/// <param name="Score">The highest score among the records in that lane; 0 in GREEN.</param>
/// <param name="Records">One assessment a match, in the order given.</param>
public sealed record ShipmentAssessment(Lane Lane, int Score, IReadOnlyList<Assessment> Records);
