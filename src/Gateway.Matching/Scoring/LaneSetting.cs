namespace Gateway.Matching.Scoring;

/// <summary>What an office or a circle sets of the lanes in place of the product's thresholds; null where it sets nothing.</summary>
public sealed record LaneSetting
{
    /// <summary>Score from which documents are looked at, 1 to 100.</summary>
    public int? DocumentsScore { get; init; }

    /// <summary>Score from which goods are examined, if a strong identifier met; 1 to 100, not below the one for documents.</summary>
    public int? ExamineScore { get; init; }

    /// <summary>Whether words of a name alone may ask for documents. They never lead to an examination.</summary>
    public bool? NamesAloneAskForDocuments { get; init; }

    /// <summary>What is wrong with the setting on top of thresholds, in words; null where nothing is.</summary>
    public string? FaultOn(LaneThresholds thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        (int documents, int examine) = (DocumentsScore ?? thresholds.DocumentsScore, ExamineScore ?? thresholds.ExamineScore);
        return documents is < 1 or > 100 || examine is < 1 or > 100 ? $"the scores must lie between 1 and 100; they are {documents} and {examine}"
            : documents > examine ? $"documents would be asked for from {documents}, but goods examined from {examine} already"
            : null;
    }

    /// <summary>Thresholds with what is set here.</summary>
    /// <exception cref="ArgumentException">The setting contradicts itself; the text says how.</exception>
    public LaneThresholds On(LaneThresholds thresholds) => FaultOn(thresholds) is { } fault
        ? throw new ArgumentException($"The lanes cannot be set so: {fault}.")
        : thresholds with
        {
            DocumentsScore = DocumentsScore ?? thresholds.DocumentsScore,
            ExamineScore = ExamineScore ?? thresholds.ExamineScore,
            NamesAloneAskForDocuments = NamesAloneAskForDocuments ?? thresholds.NamesAloneAskForDocuments,
        };
}
