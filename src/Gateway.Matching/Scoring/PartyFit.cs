using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>How a party of the shipment fits an opened record's subject, field by field.</summary>
/// <param name="Role">The party.</param>
/// <param name="Comparisons">Of the fields that both state.</param>
public sealed record PartyFit(PartyRole Role, IReadOnlyList<FieldComparison> Comparisons);
