using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Protocol;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;

namespace Gateway.Node.Life;

/// <summary>
/// Gives up the keys of epochs that are over and have no live record left: the key is forgotten, with the tags that known identifiers had under it, so that a record of that epoch that comes to light
/// here, from a backup or otherwise, is not opened any more. What routes its leaves stays, which opens nothing: old withdrawals are still followed. docs/protocol.md says what that does not reach.
/// </summary>
public sealed class EpochRetirement(INodeStore store, NodeLog log, NodeMatcher matcher, TimeProvider time)
{
    private UtcDay _done;

    /// <summary>Gives up what is due, once a day of the log.</summary>
    public async Task RunAsync(NodeView view, CancellationToken cancellation)
    {
        UtcDay today = view.ExpiryDay(time);
        if (today <= _done) return;
        foreach (NetworkCircle circle in view.State.Circles.Values)
        {
            // A reading under way may bring records of any epoch.
            if (log.Backfills.Any(reading => reading.Circle == circle.Id)) continue;
            CircleKey[] over = [.. view.Keyring.Keys.Where(key => key.Circle == circle.Id && key.Epoch < circle.CurrentEpoch)];
            if (over.Length == 0) continue;
            IReadOnlyList<uint> live = await store.ReadLiveEpochsAsync(circle.Id, cancellation);
            foreach (CircleKey key in over.Where(key => !live.Contains(key.Epoch)))
            {
                await matcher.RetireAsync(key, cancellation);
                await log.RetireAsync(key, cancellation);
            }
        }

        _done = today;
    }
}
