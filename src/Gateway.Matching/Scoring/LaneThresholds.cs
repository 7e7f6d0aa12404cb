namespace Gateway.Matching.Scoring;

/// <summary>Scores at which a lane begins.</summary>
public sealed record LaneThresholds
{
    /// <summary>Score from which a shipment is examined, if a strong identifier met.</summary>
    public required int ExamineScore { get; init; }

    /// <summary>Score from which its documents are looked at.</summary>
    public required int DocumentsScore { get; init; }

    /// <summary>Independent groups of evidence it takes to examine without a strong identifier.</summary>
    public required int ExamineGroupsWithoutStrong { get; init; }

    /// <summary>Score it takes to examine without a strong identifier.</summary>
    public required int ExamineScoreWithoutStrong { get; init; }

    /// <summary>Whether words of a name alone may ask for documents.</summary>
    public bool NamesAloneAskForDocuments { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";
}
