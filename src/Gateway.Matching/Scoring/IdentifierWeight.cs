namespace Gateway.Matching.Scoring;

/// <summary>Weight of an identifier type.</summary>
public sealed record IdentifierWeight : Agreement
{
    /// <summary>The type in a sentence, with its article.</summary>
    public required string Label { get; init; }

    /// <summary>What the identifier is made of. Two that share a part are not independent, and only the stronger counts.</summary>
    public required IReadOnlyList<string> MadeOf { get; init; }
}
