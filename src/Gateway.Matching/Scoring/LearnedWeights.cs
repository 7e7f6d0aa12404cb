using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>The figures that were counted on data with known truth, as <c>learned.json</c> has them. <c>./gateway bench learn</c> writes that file anew.</summary>
public sealed record LearnedWeights
{
    /// <summary>What was counted on what, by which command, and what it does not show.</summary>
    public required IReadOnlyList<string> Provenance { get; init; }

    /// <summary>Fields of natural persons.</summary>
    public required IReadOnlyDictionary<ComparedField, FieldWeight> Persons { get; init; }

    /// <summary>Fields of companies and other organisations.</summary>
    public required IReadOnlyDictionary<ComparedField, FieldWeight> Companies { get; init; }

    /// <summary>COMPOUND keys: how often parties meet in one.</summary>
    public required IReadOnlyDictionary<IdentifierType, Agreement> Combinations { get; init; }
}
