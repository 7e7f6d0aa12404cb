using System.Diagnostics.CodeAnalysis;

namespace Gateway.Cryptography;

/// <summary>An evaluator's answer to one batch: an element for each blinded one, in order, and one proof over all.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "The array is made for this answer and handed over.")]
public sealed record VoprfEvaluation(RistrettoElement[] Elements, DleqProof Proof);
