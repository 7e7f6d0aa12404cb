using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Google.Protobuf.Collections;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>Finds what shipments are looked up by, each repeating party once.</summary>
internal sealed class Preparer(KnownCache cache, NameSimilarity similarity, Func<NodeView> view, MemberId member, TimeProvider time)
{
    private volatile Rules? _rules;

    /// <summary>Finds a shipment's identifiers and names.</summary>
    public PreparedShipment Prepare(V1.Shipment shipment)
    {
        Rules rules = RulesNow();

        // Where two parties have one role, what both state counts once: that is seen only by taking them together.
        if (SharesRoles(shipment.Parties)) return Prepare(Translation.ToShipment(shipment));
        PartyKeys[] parts = new PartyKeys[shipment.Parties.Count + 1];
        (PartyRole, Party)[] parties = new (PartyRole, Party)[shipment.Parties.Count];
        for (int i = 0; i < parties.Length; i++)
        {
            PartyRole role = (PartyRole)shipment.Parties[i].Role;
            parts[i + 1] = PartKeys(rules, shipment.Parties[i]);
            parties[i] = (role, parts[i + 1].Party!);
        }

        Shipment translated = Translation.ToShipment(shipment, parties);
        parts[0] = translated.References.Count == 0 ? PartyKeys.None(null) : ReferenceKeys(rules, translated.References);
        return Joined(translated, parts);
    }

    /// <summary>The same, all parties anew: the twin that remembers nothing.</summary>
    public PreparedShipment Prepare(Shipment shipment)
    {
        Rules rules = RulesNow();
        DerivedKeys keys = KeysOf.Of(shipment, rules.Scope);
        IEnumerable<(PartyRole Role, string Field, Party Party)> named = shipment.Parties
            .Where(party => KeysOf.IsScreened(party.Party, party.Role, rules.Scope))
            .Select(party => (party.Role, PartyMemo.NameFieldOf(party.Role), party.Party));
        return new PreparedShipment(shipment, keys, rules.Parties.HashesOf(keys)) { Names = similarity.Prepare(named) };
    }

    /// <summary>Finds the identifiers and names of one party, asked for by hand.</summary>
    public PreparedShipment Prepare(Party party)
    {
        DerivedKeys keys = KeysOf.Of(party);
        return new PreparedShipment(new Shipment { Id = "", Parties = [(PartyRole.Unknown, party)] }, keys, RulesNow().Parties.HashesOf(keys))
        {
            Names = similarity.Prepare([(PartyRole.Unknown, PartyMemo.NameFieldOf(PartyRole.Unknown), party)]),
        };
    }

    /// <summary>What the parts of shipments are looked up by, by today's rules; and a mark that changes when the rules do.</summary>
    public (Func<V1.ShipmentPart, PartyKeys> KeysOf, object Mark) PartsNow()
    {
        Rules rules = RulesNow();
        return (part => part.Party is null ? ReferenceKeys(rules, [.. part.References.Select(Translation.ToStated)]) : PartKeys(rules, part.Party), rules.Mark);
    }

    private static PartyKeys PartKeys(Rules rules, V1.ShipmentParty party) => party.Party is null ? PartyKeys.None(new Party()) : rules.Parties.Of(party.Party, (PartyRole)party.Role, rules.Scope);

    /// <summary>A shipment out of its parts' keys.</summary>
    public static PreparedShipment Joined(Shipment shipment, ReadOnlySpan<PartyKeys> parts)
    {
        int identifiers = 0, rejections = 0, names = 0, last = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            identifiers += parts[i].Hashes.Length;
            rejections += parts[i].Keys.Rejections.Count;
            names += parts[i].Names.Count;
            last = parts[i].Hashes.Length > 0 ? i : last;
        }

        // One sender and nothing else: nothing is to be joined.
        if (parts.Length > 0 && parts[last].Hashes.Length == identifiers && parts[last].Keys.Rejections.Count == rejections && parts[last].Names.Count == names)
        {
            return new PreparedShipment(shipment, parts[last].Keys, parts[last].Hashes) { Names = parts[last].Names };
        }

        DerivedIdentifier[] derived = new DerivedIdentifier[identifiers];
        UInt128[] hashes = new UInt128[identifiers];
        Rejection[] rejected = rejections == 0 ? [] : new Rejection[rejections];
        identifiers = rejections = 0;
        foreach (PartyKeys part in parts)
        {
            for (int i = 0; i < part.Hashes.Length; i++) (derived[identifiers], hashes[identifiers++]) = (part.Keys.Identifiers[i], part.Hashes[i]);
            for (int i = 0; i < part.Keys.Rejections.Count; i++) rejected[rejections++] = part.Keys.Rejections[i];
        }

        return new PreparedShipment(shipment, new DerivedKeys(derived, rejected), hashes) { Names = names == 0 ? [] : [.. parts.ToArray().SelectMany(part => part.Names)] };
    }

    private static PartyKeys ReferenceKeys(Rules rules, IReadOnlyList<StatedIdentifier> references)
    {
        DerivedKeys keys = KeysOf.Of(references);
        return new PartyKeys(null, keys, rules.Parties.HashesOf(keys), []);
    }

    private static bool SharesRoles(RepeatedField<V1.ShipmentParty> parties)
    {
        int seen = 1 << (int)PartyRole.Unknown; // The references have it.
        for (int i = 0; i < parties.Count; i++)
        {
            int role = 1 << ((int)parties[i].Role & 31);
            if ((seen & role) != 0) return true;
            seen |= role;
        }

        return false;
    }

    // What the member's circles allow. Parties are remembered for as long as that stays as it is.
    private Rules RulesNow()
    {
        NodeView newest = view();
        NetworkState state = newest.State;
        Rules? known = _rules;
        if (known is not null && ReferenceEquals(known.State, state)) return known;
        V1.CirclePolicy[] policies = [.. state.Circles.Values.Where(circle => newest.Reads(member, circle.Id, time)).Select(circle => circle.Policy)];
        ScreeningScope scope = policies.Any(policy => policy.ScreensConsigneePersons) ? ScreeningScope.AllParties : ScreeningScope.Default;
        string names = string.Join(',', policies.Select(policy => (int)policy.NameMatching).Distinct().Order());
        Rules now = new(state, scope, names, known is not null && known.Names == names ? known.Parties : new PartyMemo(cache, similarity));
        _rules = now;
        return now;
    }

    private sealed record Rules(NetworkState State, ScreeningScope Scope, string Names, PartyMemo Parties)
    {
        // Parties have the keys they had as long as these two are the same.
        public object Mark => (Scope, Parties);
    }
}
