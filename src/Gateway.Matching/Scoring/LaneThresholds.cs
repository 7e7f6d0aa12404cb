namespace Gateway.Matching.Scoring;

/// <summary>Bits at which a lane begins.</summary>
public sealed record LaneThresholds
{
    /// <summary>Bits from which a shipment is examined, if a strong identifier met.</summary>
    public required double ExamineBits { get; init; }

    /// <summary>Bits from which its documents are looked at.</summary>
    public required double DocumentsBits { get; init; }

    /// <summary>Independent groups of evidence it takes to examine without a strong identifier.</summary>
    public required int ExamineGroupsWithoutStrong { get; init; }

    /// <summary>Bits it takes to examine without a strong identifier.</summary>
    public required double ExamineBitsWithoutStrong { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}
