using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Matching;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>What a party of a shipment is looked up by.</summary>
/// <param name="Party">The party; null for the shipment's references.</param>
/// <param name="Keys">Its identifiers and rejected fields; none where the party is not screened.</param>
/// <param name="Hashes">The identifiers' local hashes, in order.</param>
/// <param name="Names">Its names, where they are compared by words.</param>
internal sealed record PartyKeys(Party? Party, DerivedKeys Keys, UInt128[] Hashes, IReadOnlyList<PreparedName> Names)
{
    private static readonly DerivedKeys Nothing = new([], []);

    /// <summary>A party that is looked up by nothing.</summary>
    public static PartyKeys None(Party? party) => new(party, Nothing, [], []);
}

/// <summary>
/// Remembers what parties are looked up by. Senders repeat, and normalisation and keys cost some 10 µs a party where finding them again costs 0.3. The key is a hash of every field
/// under the node's own secret, so that nobody can write a party that is taken for another. Two generations: what was not asked for during a whole one goes.
/// </summary>
internal sealed class PartyMemo(KnownCache cache, NameSimilarity similarity)
{
    // About 1.5 KB each with its identifiers: 60 MB when both generations are full.
    private const int Generation = 20_000;

    private readonly Lock _turning = new();
    private volatile ConcurrentDictionary<UInt128, PartyKeys> _young = new();
    private volatile ConcurrentDictionary<UInt128, PartyKeys> _old = new();
    private int _added;

    /// <summary>The keys of a party in its role.</summary>
    public PartyKeys Of(V1.Party party, PartyRole role, ScreeningScope scope)
    {
        // Receivers are mostly persons, never come again, and would only drive out the senders.
        if (role == PartyRole.Consignee && !scope.NaturalPersonConsignees && party.Kind == V1.SubjectKind.Person) return PartyKeys.None(Translation.ToParty(party));
        UInt128 key = KeyOf(party, role, scope);
        if (_young.TryGetValue(key, out PartyKeys? keys)) return keys;
        if (!_old.TryGetValue(key, out keys)) keys = Of(Translation.ToParty(party), role, scope);
        if (_young.TryAdd(key, keys) && Interlocked.Increment(ref _added) >= Generation) Turn();
        return keys;
    }

    /// <summary>The column of a party's name, as people read it.</summary>
    public static string NameFieldOf(PartyRole role) => role == PartyRole.Unknown ? "name" : $"{role.ToString().ToLowerInvariant()}_name";

    private PartyKeys Of(Party party, PartyRole role, ScreeningScope scope)
    {
        if (!KeysOf.IsScreened(party, role, scope)) return PartyKeys.None(party);
        DerivedKeys derived = KeysOf.Of(party, role);
        return new PartyKeys(party, derived, HashesOf(derived), similarity.Prepare([(role, NameFieldOf(role), party)]));
    }

    /// <summary>The local hashes of identifiers, in order.</summary>
    public UInt128[] HashesOf(DerivedKeys derived) => cache.HashesOf(derived.Identifiers, static identifier => identifier.Identifier);

    private void Turn()
    {
        lock (_turning)
        {
            if (Volatile.Read(ref _added) < Generation) return; // Another thread has turned it.
            _old = _young;
            _young = new ConcurrentDictionary<UInt128, PartyKeys>();
            Volatile.Write(ref _added, 0);
        }
    }

    private UInt128 KeyOf(V1.Party party, PartyRole role, ScreeningScope scope)
    {
        int length = 3;
        Count(ref length, party.Name, party.Street, party.City, party.Postcode, party.Country, party.BirthDate);
        for (int i = 0; i < party.Aliases.Count; i++) Count(ref length, party.Aliases[i]);
        for (int i = 0; i < party.Identifiers.Count; i++)
        {
            length += 2;
            Count(ref length, party.Identifiers[i].Value, party.Identifiers[i].Country);
        }

        char[] text = ArrayPool<char>.Shared.Rent(length);
        int place = 0;
        text[place++] = (char)((int)role | (scope.NaturalPersonConsignees ? 256 : 0));
        text[place++] = (char)party.Kind;
        text[place++] = (char)party.Aliases.Count;
        Append(text, ref place, party.Name, party.Street, party.City, party.Postcode, party.Country, party.BirthDate);
        for (int i = 0; i < party.Aliases.Count; i++) Append(text, ref place, party.Aliases[i]);
        for (int i = 0; i < party.Identifiers.Count; i++)
        {
            text[place++] = (char)party.Identifiers[i].Type;
            text[place++] = (char)(party.Identifiers[i].Type >> 16);
            Append(text, ref place, party.Identifiers[i].Value, party.Identifiers[i].Country);
        }

        UInt128 key = cache.HashOf(MemoryMarshal.AsBytes(text.AsSpan(0, place)));
        text.AsSpan(0, place).Clear(); // Names and addresses do not stay in a pool.
        ArrayPool<char>.Shared.Return(text);
        return key;
    }

    private static void Count(ref int length, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts) length += 2 + part.Length;
    }

    // Each with its length before it: nothing can move from one field into the next.
    private static void Append(char[] text, ref int place, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
        {
            text[place++] = (char)part.Length;
            text[place++] = (char)(part.Length >> 16);
            part.CopyTo(0, text, place, part.Length);
            place += part.Length;
        }
    }
}
