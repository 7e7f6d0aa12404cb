namespace Gateway.Matching.Scoring;

/// <summary>What a record loses by age.</summary>
public sealed record AgeWeight
{
    /// <summary>Days since the last sighting that cost nothing.</summary>
    public required int DaysWithoutLoss { get; init; }

    /// <summary>Further days that cost one bit.</summary>
    public required int DaysABit { get; init; }

    /// <summary>The most it can cost.</summary>
    public required double MostBits { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}
