using System.Text.Json.Serialization;
using Gateway.Matching.Comparison;

namespace Gateway.Matching.Scoring;

/// <summary>Weight of a field that is compared after opening, by how alike the two sides are.</summary>
public sealed record FieldWeight
{
    /// <summary>Probability of each <see cref="Likeness"/>, in its order, if both concern the same party.</summary>
    public required IReadOnlyList<double> M { get; init; }

    /// <summary>Probability of each if they do not.</summary>
    public required IReadOnlyList<double> U { get; init; }

    /// <summary>Where the figures come from.</summary>
    public string Why { get; init; } = "";

    /// <summary>Whether the figures are of this many levels, are probabilities, and a greater likeness weighs no less.</summary>
    [JsonIgnore]
    public bool IsSound => M.Count == 4 && U.Count == 4 && M.Concat(U).All(p => p is > 0 and < 1) && Enumerable.Range(1, 3).All(level => BitsOf((Likeness)(level - 1)) >= BitsOf((Likeness)level));

    /// <summary>log2(m/u) of a likeness.</summary>
    public double BitsOf(Likeness likeness) => Math.Log2(M[(int)likeness] / U[(int)likeness]);
}
