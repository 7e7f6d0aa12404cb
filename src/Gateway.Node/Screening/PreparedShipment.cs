using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;

namespace Gateway.Node.Screening;

/// <summary>A shipment on its way through screening.</summary>
/// <param name="Shipment">The shipment.</param>
/// <param name="Keys">Its identifiers and rejected fields.</param>
/// <param name="Hashes">The identifiers' local hashes, in order.</param>
public sealed record PreparedShipment(Shipment Shipment, DerivedKeys Keys, UInt128[] Hashes)
{
    /// <summary>The names of its parties, where a circle of this member compares names by words. They stand apart: they decide nothing.</summary>
    public IReadOnlyList<PreparedName> Names { get; init; } = [];

    /// <summary>The identifiers at some places.</summary>
    internal MetIdentifier[] Met(IReadOnlyList<int> places) => [.. places.Select(i => new MetIdentifier((ushort)Keys.Identifiers[i].Identifier.Type, Hashes[i]))];
}
