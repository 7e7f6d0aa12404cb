using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Keys;

/// <summary>Everything a party or shipment can be found by, and what was stated but is no identifier.</summary>
/// <param name="Identifiers">STRONG and COMPOUND, each (identifier, role) once, in the order of the fields.</param>
/// <param name="Rejections">Stated identifiers that failed their rules.</param>
public sealed record DerivedKeys(IReadOnlyList<DerivedIdentifier> Identifiers, IReadOnlyList<Rejection> Rejections);
