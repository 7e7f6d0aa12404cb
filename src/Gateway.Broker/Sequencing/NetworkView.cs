using System.Collections.Immutable;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>The network's current state and the circles' routing keys. The sequencer replaces both as entries are committed; anybody reads.</summary>
public sealed class NetworkView
{
    private volatile Snapshot _snapshot;

    private NetworkView(NetworkState state, CircleHistory history, ImmutableDictionary<(CircleId, uint), RouteKey> routeKeys, ulong size) => _snapshot = new Snapshot(state, history, routeKeys, size);

    /// <summary>The state that the committed entries add up to.</summary>
    public NetworkState Current => _snapshot.State;

    /// <summary>When what held in the circles, up to the same entry.</summary>
    public CircleHistory History => _snapshot.History;

    /// <summary>Leaves of the log whose entries the state has taken up.</summary>
    public ulong Size => _snapshot.Size;

    /// <summary>A view of a state alone, for a reader of the log who routes nothing.</summary>
    public static NetworkView Of(NetworkState state) => new(state, CircleHistory.Empty, ImmutableDictionary<(CircleId, uint), RouteKey>.Empty, 0);

    /// <summary>Rebuilds the view from the stored log.</summary>
    /// <exception cref="StoreCorruptException">An entry of the stored log contradicts those before it.</exception>
    public static async ValueTask<NetworkView> LoadAsync(IBrokerStore store, CancellationToken cancellation)
    {
        // First: whatever another broker appends while this one reads comes on top.
        ulong size = (await store.ReadHeadAsync(cancellation).ConfigureAwait(false))?.Size ?? 0;
        NetworkState state = NetworkState.Empty;
        CircleHistory history = CircleHistory.Empty;
        await foreach (LoggedLeaf leaf in store.ReadStateLeavesAsync(cancellation).ConfigureAwait(false))
        {
            if (leaf.Entry is null || state.TryApply(Entry.Parser.ParseFrom(leaf.Entry), leaf.Entry, out NetworkState next) is not null)
            {
                throw new StoreCorruptException("leaves", leaf.Index.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            (history, state) = (history.After(leaf.Index, state, next), next);
            size = Math.Max(size, leaf.Index + 1);
        }

        IReadOnlyList<StoredRouteKey> keys = await store.ReadRouteKeysAsync(cancellation).ConfigureAwait(false);
        return new NetworkView(state, history, keys.ToImmutableDictionary(key => (key.Circle, key.Epoch), key => new RouteKey(key.Key)), size);
    }

    /// <summary>The routing key of a circle's epoch, or null.</summary>
    public RouteKey? FindRouteKey(CircleId circle, uint epoch) => _snapshot.RouteKeys.GetValueOrDefault((circle, epoch));

    internal void Replace(NetworkState state, CircleHistory history, IEnumerable<StoredRouteKey> begun, ulong size) =>
        _snapshot = new Snapshot(state, history, _snapshot.RouteKeys.SetItems(begun.Select(key => KeyValuePair.Create((key.Circle, key.Epoch), new RouteKey(key.Key)))), size);

    private sealed record Snapshot(NetworkState State, CircleHistory History, ImmutableDictionary<(CircleId, uint), RouteKey> RouteKeys, ulong Size);
}
