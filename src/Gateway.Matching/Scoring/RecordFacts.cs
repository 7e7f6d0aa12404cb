namespace Gateway.Matching.Scoring;

/// <summary>What a record's summary states, in plain types.</summary>
public sealed record RecordFacts
{
    /// <summary>What the record says.</summary>
    public required RecordKind Kind { get; init; }

    /// <summary>How well it is founded.</summary>
    public required EvidenceGrade Grade { get; init; }

    /// <summary>Goods categories by their code in the summary ("FOOTWEAR"); those the weights do not know count for nothing.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Harmonized System, two digits (chapter) to six each.</summary>
    public IReadOnlyList<string> HsChapters { get; init; } = [];

    /// <summary>ISO 3166-1 alpha-2 of the countries the goods passed.</summary>
    public IReadOnlyList<string> RouteCountries { get; init; } = [];

    /// <summary>Last seen, days since 1970-01-01; null if not stated.</summary>
    public uint? LastSeenDay { get; init; }

    /// <summary>0 not stated, 1 low, 2 medium, 3 high (danger to health or safety).</summary>
    public byte Severity { get; init; }

    /// <summary>Whether a dispute about it is open.</summary>
    public bool Disputed { get; init; }
}
