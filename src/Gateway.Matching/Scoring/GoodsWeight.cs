namespace Gateway.Matching.Scoring;

/// <summary>Agreement of goods, with the chapters of the Harmonized System that a category falls into.</summary>
public sealed record GoodsWeight : Agreement
{
    /// <summary>HS chapters by category.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Categories { get; init; }
}
