namespace Gateway.Matching.Scoring;

/// <summary>A record a shipment met, and by what.</summary>
/// <param name="Record">The record's summary.</param>
/// <param name="Evidence">The identifiers that met; at least one.</param>
public sealed record RecordMatch(RecordFacts Record, IReadOnlyList<Evidence> Evidence)
{
    /// <summary>How alike the names are, where words of names were compared; else null.</summary>
    public NameEvidence? Name { get; init; }
}
