using System.Collections.Immutable;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;

namespace Gateway.Node.Circles;

/// <summary>
/// The circle keys this member can open, by circle and epoch. Derived from the log and the member's box key at every start, never stored. Immutable: opening an epoch gives a new
/// keyring.
/// </summary>
public sealed class CircleKeyring
{
    private readonly ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey> _keys;

    private CircleKeyring(ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey> keys) => _keys = keys;

    /// <summary>No keys.</summary>
    public static CircleKeyring Empty { get; } = new(ImmutableSortedDictionary<(CircleId Circle, uint Epoch), CircleKey>.Empty);

    /// <summary>All keys, by circle and epoch.</summary>
    public IEnumerable<CircleKey> Keys => _keys.Values;

    /// <summary>The key of a circle's epoch, or null.</summary>
    public CircleKey? Find(CircleId circle, uint epoch) => _keys.GetValueOrDefault((circle, epoch));

    /// <summary>The key of a circle's newest epoch this member can open, or null.</summary>
    public CircleKey? Newest(CircleId circle) => _keys.Values.LastOrDefault(key => key.Circle == circle);

    /// <summary>Opens the key that an epoch seals to this member.</summary>
    /// <param name="epoch">The epoch's statement body.</param>
    /// <param name="member">This member.</param>
    /// <param name="box">Its box key.</param>
    /// <param name="fault">Why it could not be opened; null also where the epoch has no key for this member.</param>
    /// <returns>The keyring with the key, or this one.</returns>
    public CircleKeyring Open(KeyEpoch epoch, MemberId member, BoxKey box, out string? fault)
    {
        fault = null;
        CircleId circle = CircleId.FromBytes(epoch.CircleId.Span);
        SealedCircleKey? mine = epoch.SealedKeys.FirstOrDefault(key => key.MemberId.Span.SequenceEqual(member.ToArray()));
        if (mine is null) return this;
        CircleKey? key = TryOpen(epoch, circle, mine, box);
        if (key is null)
        {
            fault = $"The key of epoch {epoch.Epoch} of circle {circle.Prefix} does not open, or is not the one committed to.";
            return this;
        }

        return new CircleKeyring(_keys.SetItem((circle, epoch.Epoch), key));
    }

    /// <summary>Whether a leaf's route is one of this member's circles', and which.</summary>
    public CircleKey? FindRoute(ulong index, ReadOnlySpan<byte> leafData)
    {
        foreach (CircleKey key in _keys.Values)
        {
            if (key.RouteKey.Matches(index, LeafData.RouteOf(leafData))) return key;
        }

        return null;
    }

    private static CircleKey? TryOpen(KeyEpoch epoch, CircleId circle, SealedCircleKey mine, BoxKey box)
    {
        if (!box.TryOpen(mine.SealedKey.Span, out byte[] bytes)) return null;
        try
        {
            if (bytes.Length != CircleKey.Size) return null;
            CircleKey key = CircleKey.FromBytes(circle, epoch.Epoch, bytes);
            if (key.Commitment.Span.SequenceEqual(epoch.Commitment.Span)) return key;
            key.Dispose();
            return null;
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
