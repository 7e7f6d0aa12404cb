namespace Gateway.Matching.Scoring;

/// <summary>One reason of an assessment.</summary>
/// <param name="Bits">What it adds to or takes from the odds, log2 of a likelihood ratio; 0 where it explains without weighing.</param>
/// <param name="Sentence">The reason as a person reads it, with its bits; no value of the record.</param>
/// <param name="Met">The identifier it speaks of, or null for reasons about a field or the record as a whole.</param>
/// <param name="Field">The declaration's field it speaks of, or empty.</param>
/// <param name="IsPrior">Whether it is what was believed before anything was compared.</param>
public readonly record struct Reason(double Bits, string Sentence, Evidence? Met = null, string Field = "", bool IsPrior = false)
{
    /// <summary>Whether it speaks against the match.</summary>
    public bool IsContradicting => Bits < 0 && !IsPrior;
}
