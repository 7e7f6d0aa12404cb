namespace Gateway.Matching.Comparison;

/// <summary>How one field of a party fits an opened record. A field that either side does not state is not compared.</summary>
/// <param name="Field">The field.</param>
/// <param name="IsCompany">Whether the weights of companies hold, or those of natural persons.</param>
/// <param name="Likeness">How alike.</param>
/// <param name="Column">The party's column, without a role: <c>postcode</c>.</param>
/// <param name="Sentence">What was seen, in words: "same postcode". May quote the party's own words, never the record's.</param>
public readonly record struct FieldComparison(ComparedField Field, bool IsCompany, Likeness Likeness, string Column, string Sentence);
