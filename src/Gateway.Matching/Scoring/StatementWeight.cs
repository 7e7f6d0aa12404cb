namespace Gateway.Matching.Scoring;

/// <summary>Weight of a kind or grade, and the strictest lane it can lead to.</summary>
public sealed record StatementWeight
{
    /// <summary>It in a sentence, with its article.</summary>
    public string Label { get; init; } = "";

    /// <summary>Bits added.</summary>
    public required double Bits { get; init; }

    /// <summary>The strictest lane.</summary>
    public required Lane HighestLane { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}
