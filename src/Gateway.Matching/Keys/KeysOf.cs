using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Keys;

/// <summary>Everything a party or a shipment can be found by: its STRONG identifiers and the COMPOUND keys of its names (docs/keys.md). Pure.</summary>
public static class KeysOf
{
    /// <summary>The keys of one party. Fields are named without a role: <c>email</c>, <c>name+street+postcode</c>.</summary>
    public static DerivedKeys Of(Party party) => Of(party, PartyRole.Unknown);

    /// <summary>The keys of one party in its role, as they stand among those of its shipment.</summary>
    public static DerivedKeys Of(Party party, PartyRole role)
    {
        ArgumentNullException.ThrowIfNull(party);
        var keys = new KeyCollector();
        keys.Add(party, role);
        return keys.Done();
    }

    /// <summary>The keys of a shipment's references and parties, leaving out the parties that <paramref name="scope"/> does not let be screened.</summary>
    public static DerivedKeys Of(Shipment shipment, ScreeningScope scope)
    {
        ArgumentNullException.ThrowIfNull(shipment);
        var keys = new KeyCollector();
        foreach (StatedIdentifier reference in shipment.References)
        {
            keys.Add(reference, "", PartyRole.Unknown);
        }

        foreach ((PartyRole role, Party party) in shipment.Parties)
        {
            if (IsScreened(party, role, scope))
            {
                keys.Add(party, role);
            }
        }

        return keys.Done();
    }

    /// <summary>The keys of a shipment's references alone.</summary>
    public static DerivedKeys Of(IReadOnlyList<StatedIdentifier> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        var keys = new KeyCollector();
        foreach (StatedIdentifier reference in references)
        {
            keys.Add(reference, "", PartyRole.Unknown);
        }

        return keys.Done();
    }

    /// <summary>Whether <paramref name="scope"/> lets a party be screened.</summary>
    public static bool IsScreened(Party party, PartyRole role, ScreeningScope scope) => role != PartyRole.Consignee || scope.NaturalPersonConsignees || !LooksLikePerson(party);

    /// <summary>Whether a party is, or for want of a statement seems to be, a natural person: an unknown kind counts as one unless its name says company.</summary>
    public static bool LooksLikePerson(Party party)
    {
        ArgumentNullException.ThrowIfNull(party);
        return party.Kind == PartyKind.Person || (party.Kind == PartyKind.Unknown && !PartyNames.SaysCompany(party));
    }
}
