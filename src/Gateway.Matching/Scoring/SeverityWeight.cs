namespace Gateway.Matching.Scoring;

/// <summary>What the severity adds.</summary>
public sealed record SeverityWeight
{
    /// <summary>Bits by severity, from 0 = not stated.</summary>
    public required IReadOnlyList<double> Bits { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}
