namespace Gateway.Matching.Scoring;

/// <summary>How far evidence that hangs together may count.</summary>
public sealed record Limits
{
    /// <summary>Bits that the address of a person, all its fields together, adds at most: households share one.</summary>
    public required double PersonAddressBits { get; init; }

    /// <summary>Bits that the address of a company adds at most: buildings are shared.</summary>
    public required double CompanyAddressBits { get; init; }

    /// <summary>Bits that all contradictions together take at most where a strong identifier met.</summary>
    public required double ContradictionBits { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}
