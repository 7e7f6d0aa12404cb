using Gateway.Ledger;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>Takes up what other brokers on the same store have appended: the leaves into the tree, whose root must be the one they signed, and their entries into the network's state.</summary>
internal sealed class LogTail(IBrokerStore store, NetworkView view, TiledTree tree, LogVerifier verifier, LogSignal signal)
{
    /// <summary>Goes to the end of the stored log. Returns whether it had grown.</summary>
    /// <exception cref="StoreCorruptException">The stored log does not continue the one that was read: it was forked, shortened or damaged. Nothing of it is taken up.</exception>
    public async ValueTask<bool> CatchUpAsync(CancellationToken cancellation)
    {
        LogHead? head = await store.ReadHeadAsync(cancellation).ConfigureAwait(false);
        ulong end = head?.Size ?? 0, held = tree.Size;
        if (end < held) throw new StoreCorruptException($"The log has {end} leaves where it had {held}: it was put back to an earlier state under the running broker.", inner: null);
        if (head is null || (end == held && view.Size >= end)) return false;
        NetworkState state = view.Current;
        CircleHistory history = view.History;
        bool hasEpochs = false;
        try
        {
            await foreach (BrokerLeaf leaf in store.ReadLeavesAsync(Math.Min(held, view.Size), end, cancellation).ConfigureAwait(false))
            {
                if (leaf.Index >= held) tree.Append(LeafData.HashOf(leaf.LeafData));
                if (leaf.Index < view.Size || EntryRoute.IsOfRecord(leaf.Kind)) continue;
                if (state.TryApply(Entry.Parser.ParseFrom(leaf.Entry), leaf.Entry, out NetworkState next) is not null) throw Damaged("leaves", leaf.Index);
                (history, state) = (history.After(leaf.Index, state, next), next);
                hasEpochs |= leaf.Kind == Entry.ContentOneofCase.KeyEpoch;
            }

            if (verifier.Open(head.Note, out _) is not { } checkpoint || checkpoint.Size != tree.Size || checkpoint.Root != tree.Root) throw Damaged("checkpoints", end);
            IReadOnlyList<StoredRouteKey> keys = hasEpochs ? await store.ReadRouteKeysAsync(cancellation).ConfigureAwait(false) : [];
            _ = tree.TakeChangedTiles(); // Who appended the leaves wrote them.
            tree.Commit();
            view.Replace(state, history, keys, Math.Max(end, view.Size));
        }
        catch
        {
            tree.Rollback();
            throw;
        }

        signal.Announce(end);
        return true;
    }

    private static StoreCorruptException Damaged(string table, ulong row) => new(table, row.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
