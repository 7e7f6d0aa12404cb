using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Keys;

/// <summary>An identifier with the place it came from, so that an explanation can say which field met.</summary>
/// <param name="Identifier">The STRONG identifier or COMPOUND key.</param>
/// <param name="Role">The part the party plays; <see cref="PartyRole.Unknown"/> for a party on its own and for the shipment's own references.</param>
/// <param name="Field">The column it came from, e.g. <c>consignor_email</c> (docs/formats.md); a compound names its columns, <c>consignor_name+street+postcode</c>.</param>
public readonly record struct DerivedIdentifier(Identifier Identifier, PartyRole Role, string Field);
