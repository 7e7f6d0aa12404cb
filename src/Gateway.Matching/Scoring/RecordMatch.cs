
namespace Gateway.Matching.Scoring;

/// <summary>A record a shipment met, and by what.</summary>
/// <param name="Record">The record's summary.</param>
/// <param name="Evidence">The identifiers that met; at least one.</param>
public sealed record RecordMatch(RecordFacts Record, IReadOnlyList<Evidence> Evidence)
{
    /// <summary>How parties of the shipment fit the opened record's texts. What fits best takes the place of the COMPOUND and NAME keys of its party, which only found the record.</summary>
    public IReadOnlyList<PartyFit> Fits { get; init; } = [];

    /// <summary>What the record's circle sets of the lanes; null where it sets nothing.</summary>
    public LaneSetting? Circle { get; init; }
}
