namespace Gateway.Matching.Identifiers;

/// <summary>Which part a party plays in a shipment.</summary>
public enum PartyRole : byte
{
    /// <summary>Not stated.</summary>
    Unknown = 0,

    /// <summary>Who sends the goods.</summary>
    Consignor = 1,

    /// <summary>Who receives the goods.</summary>
    Consignee = 2,

    /// <summary>Who sold the goods, where not the consignor.</summary>
    Seller = 3,

    /// <summary>Who lodges the declaration.</summary>
    Declarant = 4,
}

/// <summary>One declared shipment as the screening sees it.</summary>
public sealed record Shipment
{
    /// <summary>The declarant's own number of the shipment.</summary>
    public required string Id { get; init; }

    /// <summary>The parties, each with its part.</summary>
    public IReadOnlyList<(PartyRole Role, Party Party)> Parties { get; init; } = [];

    /// <summary>Identifiers of the shipment itself: container, air waybill, postal item, GTIN with serial.</summary>
    public IReadOnlyList<StatedIdentifier> References { get; init; } = [];

    /// <summary>Six digits of the Harmonized System, or empty.</summary>
    public string HsCode { get; init; } = "";

    /// <summary>ISO 3166-1 alpha-2 of the country the goods left, or empty.</summary>
    public string CountryOfDeparture { get; init; } = "";

    /// <summary>ISO 3166-1 alpha-2 of the country the goods were made in, or empty.</summary>
    public string CountryOfOrigin { get; init; } = "";

    /// <summary>Day of arrival, or null.</summary>
    public DateOnly? Arrival { get; init; }

    /// <summary>The number of parties alone: names and addresses are personal data and stay out of logs.</summary>
    public override string ToString() => $"shipment with {Parties.Count} parties";
}
