namespace Gateway.Cli.Samples;

/// <summary>How large a sample becomes. The same options, source and version give the same bytes.</summary>
public sealed record SampleOptions
{
    /// <summary>Seed of every choice.</summary>
    public ulong Seed { get; init; } = 20210101;

    /// <summary>Actors published by the two retailers together.</summary>
    public int Actors { get; init; } = 720;

    /// <summary>Actors that both retailers publish, percent.</summary>
    public int OverlapPercent { get; init; } = 5;

    /// <summary>Consignors to share among the sellers of the data, about: every country has at least one.</summary>
    public int Traders { get; init; } = 2500;

    /// <summary>Sellers on marketplaces.</summary>
    public int MarketplaceSellers { get; init; } = 200;

    /// <summary>Shipments with a container, air waybill or postal item, at most.</summary>
    public int ReferencedShipments { get; init; } = 4000;

    /// <summary>Shipments of published actors, at most: a form that too few actors allow yields fewer.</summary>
    public int Planted { get; init; } = 150;
}

/// <summary>What has been written.</summary>
/// <param name="RetailerOne">Rows of actors-retailer-one.csv.</param>
/// <param name="RetailerTwo">Rows of actors-retailer-two.csv.</param>
/// <param name="Shared">Actors in both.</param>
/// <param name="Shipments">Rows of manifest.csv.</param>
/// <param name="Planted">Rows of planted.csv.</param>
/// <param name="Distinct">Distinct values by manifest column, for the columns that hold identifiers and names.</param>
public sealed record SampleSummary(int RetailerOne, int RetailerTwo, int Shared, int Shipments, int Planted, IReadOnlyDictionary<string, int> Distinct);
