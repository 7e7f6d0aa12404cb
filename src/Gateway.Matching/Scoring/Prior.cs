namespace Gateway.Matching.Scoring;

/// <summary>What is believed of a shipment and a record before anything is compared, and how a sum of bits becomes a probability.</summary>
public sealed record Prior
{
    /// <summary>log2 of the odds that a shipment and a record taken at random concern the same party.</summary>
    public required double Bits { get; init; }

    /// <summary>Where the figure comes from.</summary>
    public string Why { get; init; } = "";

    /// <summary>Probability, 0 to 1, of odds of so many bits, the prior's among them.</summary>
    public static double ProbabilityOf(double bits) => 1 / (1 + Math.Pow(2, -bits));

    /// <summary>The same in full percent, as it is shown.</summary>
    public static int ScoreOf(double bits) => (int)Math.Round(100 * ProbabilityOf(bits), MidpointRounding.AwayFromZero);
}
