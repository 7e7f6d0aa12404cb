namespace Gateway.Matching.Scoring;

/// <summary>The strictest lane that a kind or grade can lead to. It says nothing about who somebody is, so it has no bits.</summary>
public sealed record StatementWeight
{
    /// <summary>It in a sentence, with its article.</summary>
    public string Label { get; init; } = "";

    /// <summary>The strictest lane.</summary>
    public required Lane HighestLane { get; init; }

    /// <summary>Where it comes from.</summary>
    public string Why { get; init; } = "";
}
