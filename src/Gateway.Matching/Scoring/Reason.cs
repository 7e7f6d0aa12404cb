namespace Gateway.Matching.Scoring;

/// <summary>One reason of an assessment.</summary>
/// <param name="Bits">What it adds to or takes from the weight of evidence, log2 of a likelihood ratio; 0 where it explains without weighing.</param>
/// <param name="Sentence">The reason as a person reads it, with its bits; no identifier's value.</param>
public readonly record struct Reason(double Bits, string Sentence)
{
    /// <summary>Whether it speaks against the match.</summary>
    public bool IsContradicting => Bits < 0;
}
