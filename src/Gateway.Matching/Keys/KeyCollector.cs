using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Keys;

/// <summary>Gathers derived identifiers, each (identifier, role) once, with their fields' names.</summary>
internal sealed class KeyCollector
{
    private readonly List<DerivedIdentifier> _identifiers = [];
    private readonly List<Rejection> _rejections = [];
    private readonly HashSet<(Identifier, PartyRole)> _seen = [];

    internal void Add(Party party, PartyRole role)
    {
        foreach (StatedIdentifier stated in party.Identifiers)
        {
            Add(stated, party.Country, role);
        }

        foreach ((Identifier key, string field) in CompoundKeys.Of(party, PhonesOf(party)))
        {
            Add(key, role, field);
        }
    }

    internal void Add(StatedIdentifier stated, string country, PartyRole role)
    {
        Normalisation normalisation = IdentifierNormaliser.Normalise(stated, country);
        if (normalisation.IsAccepted)
        {
            Add(normalisation.Identifier.Value, role, FieldNames.Of(stated.Type));
        }
        else
        {
            _rejections.Add(normalisation.Rejection);
        }
    }

    internal DerivedKeys Done() => new(_identifiers, _rejections);

    private void Add(Identifier identifier, PartyRole role, string field)
    {
        if (_seen.Add((identifier, role)))
        {
            _identifiers.Add(new DerivedIdentifier(identifier, role, FieldNames.Prefix(role) + field));
        }
    }

    private static IEnumerable<string> PhonesOf(Party party) => party.Identifiers
        .Where(stated => stated.Type == IdentifierType.Phone)
        .Select(stated => IdentifierNormaliser.Normalise(stated, party.Country).Identifier?.Value)
        .OfType<string>();
}
