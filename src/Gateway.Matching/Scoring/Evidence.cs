using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Scoring;

/// <summary>One identifier of a shipment that a record also has.</summary>
/// <param name="Role">The party it is of; <see cref="PartyRole.Unknown"/> for references of the shipment itself.</param>
/// <param name="Field">The declaration's field it came from, for the sentence a person reads ("consignor_email"); never its value.</param>
/// <param name="RecordType">The type under which the opened record lists it.</param>
public readonly record struct Evidence(PartyRole Role, string Field, IdentifierType RecordType)
{
    /// <summary>Tells the identifier from others of its type in the same field, within one shipment: two e-mail addresses of a party are two. 0 where nobody needs to tell them.</summary>
    public int Place { get; init; }
}
