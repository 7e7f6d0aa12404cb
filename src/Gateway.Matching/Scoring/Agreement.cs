using System.Text.Json.Serialization;

namespace Gateway.Matching.Scoring;

/// <summary>How often something agrees among the same and among others.</summary>
public record Agreement
{
    /// <summary>Probability that it agrees if shipment and record concern the same.</summary>
    public required double M { get; init; }

    /// <summary>Probability that it agrees if they do not.</summary>
    public required double U { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";

    /// <summary>log2(m/u).</summary>
    [JsonIgnore]
    public double AgreeingBits => Math.Log2(M / U);

    /// <summary>log2((1−m)/(1−u)), below zero.</summary>
    [JsonIgnore]
    public double DisagreeingBits => Math.Log2((1 - M) / (1 - U));
}
