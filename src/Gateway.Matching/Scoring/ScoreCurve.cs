namespace Gateway.Matching.Scoring;

/// <summary>How bits become a score from 0 to 100.</summary>
public sealed record ScoreCurve
{
    /// <summary>Bits that score 50.</summary>
    public required double MidpointBits { get; init; }

    /// <summary>Bits by which the odds behind the score double.</summary>
    public required double BitsPerDoubling { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";

    /// <summary>The score of so many bits.</summary>
    public int Of(double bits) => (int)Math.Round(100 / (1 + Math.Pow(2, (MidpointBits - bits) / BitsPerDoubling)), MidpointRounding.AwayFromZero);
}
