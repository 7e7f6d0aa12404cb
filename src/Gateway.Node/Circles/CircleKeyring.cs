using System.Collections.Immutable;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Node.Circles;

/// <summary>What an entry did to a keyring.</summary>
/// <param name="Keyring">The keyring after it.</param>
/// <param name="Opened">Keys it brought.</param>
/// <param name="Left">Circles this member no longer belongs to, whose keys are gone.</param>
/// <param name="Faults">Keys for this member that do not open, or are not the ones committed to.</param>
public sealed record KeyringChange(CircleKeyring Keyring, IReadOnlyList<CircleKey> Opened, IReadOnlyList<CircleId> Left, IReadOnlyList<string> Faults);

/// <summary>
/// The circle keys this member can open, by circle and epoch. Derived from the log and the member's box key at every start, never stored. Immutable: an entry gives a new keyring. Of circles
/// the member has left the routing keys stay, which open nothing: the receipts of its own withdrawals are checked with them.
/// </summary>
public sealed class CircleKeyring
{
    private readonly ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey> _keys;
    private readonly ImmutableDictionary<(CircleId Circle, uint Epoch), RouteKey> _routes;

    private CircleKeyring(ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey> keys, ImmutableDictionary<(CircleId Circle, uint Epoch), RouteKey> routes) => (_keys, _routes) = (keys, routes);

    /// <summary>No keys.</summary>
    public static CircleKeyring Empty { get; } = new(ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey>.Empty, ImmutableDictionary<(CircleId Circle, uint Epoch), RouteKey>.Empty);

    /// <summary>All keys, by circle and epoch.</summary>
    public IEnumerable<CircleKey> Keys => _keys.Values;

    /// <summary>The key of a circle's epoch, or null.</summary>
    public CircleKey? Find(CircleId circle, uint epoch) => _keys.GetValueOrDefault((circle, epoch));

    /// <summary>The key of a circle's newest epoch this member can open, or null.</summary>
    public CircleKey? Newest(CircleId circle) => _keys.Values.LastOrDefault(key => key.Circle == circle);

    /// <summary>The routing key of a circle's epoch that this member holds or held, or null.</summary>
    public RouteKey? FindRouteKey(CircleId circle, uint epoch) => _routes.GetValueOrDefault((circle, epoch));

    /// <summary>Whether a leaf's route is one of this member's circles', and which.</summary>
    public CircleKey? FindRoute(ulong index, ReadOnlySpan<byte> leafData)
    {
        foreach (CircleKey key in _keys.Values)
        {
            if (key.RouteKey.Matches(index, LeafData.RouteOf(leafData))) return key;
        }

        return null;
    }

    /// <summary>The keyring without the key of an epoch that is given up; its routing key stays.</summary>
    public CircleKeyring Without(CircleId circle, uint epoch) => new(_keys.Remove((circle, epoch)), _routes);

    /// <summary>Takes an entry that the state has believed: opens the keys it gives to this member, drops those of circles it takes the member out of.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="after">The state after it.</param>
    /// <param name="member">This member.</param>
    /// <param name="box">Its box key.</param>
    public KeyringChange After(Entry entry, NetworkState after, MemberId member, BoxKey box)
    {
        CircleId[] left = [.. _keys.Keys.Select(key => key.Circle).Distinct().Where(circle => !after.Circles[circle].Members.Contains(member))];
        ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey> keys = left.Length == 0 ? _keys : _keys.RemoveRange(_keys.Keys.Where(key => left.Contains(key.Circle)));
        List<CircleKey> opened = [];
        List<string> faults = [];
        foreach ((NetworkCircle circle, uint epoch, ByteString sealedKey) in GivenBy(entry, after, member))
        {
            if (keys.ContainsKey((circle.Id, epoch))) continue;
            if (TryOpen(circle, epoch, sealedKey, box) is { } key) opened.Add(key);
            else faults.Add($"The key of epoch {epoch} of circle {circle.Id.Prefix} does not open, or is not the one committed to.");
        }

        foreach (CircleKey key in opened) keys = keys.SetItem((key.Circle, key.Epoch), key);
        ImmutableDictionary<(CircleId Circle, uint Epoch), RouteKey> routes = _routes.SetItems(opened.Select(key => KeyValuePair.Create((key.Circle, key.Epoch), key.RouteKey)));
        return new KeyringChange(left.Length == 0 && opened.Count == 0 ? this : new CircleKeyring(keys, routes), opened, left, faults);
    }

    /// <summary>Opens a key and compares it with its epoch's commitment; null when it is another, or none.</summary>
    internal static CircleKey? TryOpen(NetworkCircle circle, KeyEpoch epoch, ByteString sealedKey, BoxKey box)
    {
        if (!box.TryOpen(sealedKey.Span, out byte[] bytes)) return null;
        try
        {
            if (bytes.Length != CircleKey.Size) return null;
            CircleKey key = CircleKey.FromBytes(circle.Id, epoch.Epoch, bytes);
            if (key.Commitment.Span.SequenceEqual(epoch.Commitment.Span)) return key;
            key.Dispose();
            return null;
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static CircleKey? TryOpen(NetworkCircle circle, uint epoch, ByteString sealedKey, BoxKey box) => TryOpen(circle, circle.Epochs[epoch], sealedKey, box);

    private static IEnumerable<(NetworkCircle Circle, uint Epoch, ByteString SealedKey)> GivenBy(Entry entry, NetworkState after, MemberId member)
    {
        ByteString me = member.ToByteString();
        if (entry.ContentCase == Entry.ContentOneofCase.KeyEpoch && Statements.TryRead(entry.KeyEpoch, KeyEpoch.Parser, out KeyEpoch? epoch))
        {
            NetworkCircle circle = after.Circles[CircleId.FromBytes(epoch.CircleId.Span)];
            return epoch.SealedKeys.Where(key => key.MemberId == me).Select(key => (circle, epoch.Epoch, key.SealedKey));
        }

        if (entry.ContentCase == Entry.ContentOneofCase.KeyGrant && Statements.TryRead(entry.KeyGrant, KeyGrant.Parser, out KeyGrant? grant))
        {
            NetworkCircle circle = after.Circles[CircleId.FromBytes(grant.CircleId.Span)];
            return grant.GrantedKeys.Where(key => key.MemberId == me).Select(key => (circle, key.Epoch, key.SealedKey));
        }

        return [];
    }
}
