namespace Gateway.Matching.Scoring;

/// <summary>What a declaration states of the goods, in plain types.</summary>
public sealed record ShipmentFacts
{
    /// <summary>Harmonized System, up to six digits, or empty.</summary>
    public string HsCode { get; init; } = "";

    /// <summary>ISO 3166-1 alpha-2 of departure, origin, transit; empty ones are passed over.</summary>
    public IReadOnlyList<string> Countries { get; init; } = [];

    /// <summary>The day of the screening, days since 1970-01-01: a record's age is counted from its last sighting to here.</summary>
    public required uint Day { get; init; }
}
