using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Matching;

namespace Gateway.Node.Screening;

/// <summary>What a party of a shipment is looked up by.</summary>
/// <param name="Keys">Its identifiers and rejected fields.</param>
/// <param name="Hashes">The identifiers' local hashes, in order.</param>
internal sealed record PartyKeys(DerivedKeys Keys, UInt128[] Hashes)
{
    public static PartyKeys None { get; } = new(new DerivedKeys([], []), []);
}

/// <summary>
/// Remembers what parties are looked up by. Senders repeat, and normalisation and keys cost some 10 µs a party where finding them again costs 0.3. The key is a hash of every field
/// under the node's own secret, so that nobody can write a party that is taken for another. Two generations: what was not asked for during a whole one goes.
/// </summary>
internal sealed class PartyMemo(KnownCache cache)
{
    // About 1.5 KB each with its identifiers: 60 MB when both generations are full.
    private const int Generation = 20_000;

    private readonly Lock _turning = new();
    private volatile ConcurrentDictionary<UInt128, PartyKeys> _young = new();
    private volatile ConcurrentDictionary<UInt128, PartyKeys> _old = new();
    private int _added;

    /// <summary>The keys of a party in its role.</summary>
    public PartyKeys Of(Party party, PartyRole role)
    {
        UInt128 key = KeyOf(party, role);
        if (_young.TryGetValue(key, out PartyKeys? keys)) return keys;
        if (!_old.TryGetValue(key, out keys))
        {
            DerivedKeys derived = KeysOf.Of(party, role);
            keys = new PartyKeys(derived, [.. derived.Identifiers.Select(identifier => cache.HashOf(identifier.Identifier))]);
        }

        if (_young.TryAdd(key, keys) && Interlocked.Increment(ref _added) >= Generation) Turn();
        return keys;
    }

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

    private UInt128 KeyOf(Party party, PartyRole role)
    {
        int length = 3;
        Count(ref length, party.Name, party.Street, party.City, party.Postcode, party.Country);
        foreach (string alias in party.Aliases) Count(ref length, alias);
        foreach (StatedIdentifier stated in party.Identifiers)
        {
            length++;
            Count(ref length, stated.Raw, stated.Country);
        }

        char[] text = ArrayPool<char>.Shared.Rent(length);
        int place = 0;
        text[place++] = (char)role;
        text[place++] = (char)party.Kind;
        text[place++] = (char)party.Aliases.Count;
        Append(text, ref place, party.Name, party.Street, party.City, party.Postcode, party.Country);
        foreach (string alias in party.Aliases) Append(text, ref place, alias);
        foreach (StatedIdentifier stated in party.Identifiers)
        {
            text[place++] = (char)stated.Type;
            Append(text, ref place, stated.Raw, stated.Country);
        }

        UInt128 key = cache.HashOf(MemoryMarshal.AsBytes(text.AsSpan(0, place)));
        text.AsSpan(0, place).Clear(); // Names and addresses do not stay in a pool.
        ArrayPool<char>.Shared.Return(text);
        return key;
    }

    private static void Count(ref int length, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts) length += 2 + (part?.Length ?? 0);
    }

    // Each with its length before it: nothing can move from one field into the next.
    private static void Append(char[] text, ref int place, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
        {
            int length = part?.Length ?? 0;
            text[place++] = (char)length;
            text[place++] = (char)(length >> 16);
            part?.CopyTo(0, text, place, length);
            place += length;
        }
    }
}
