using Gateway.Node.Feed;
using Gateway.Protocol.Errors;

namespace Gateway.Node.Life;

/// <summary>
/// Whether the store is as far as this node has been before. One that is not was put back from a backup: it holds records that were withdrawn since, so nothing is screened with it until the log
/// has been applied up to where the node was.
/// </summary>
public sealed class StoreAge
{
    private readonly HighWater _mark;
    private readonly Func<NodeView> _view;
    private long _required;
    private volatile bool _asksBroker;

    /// <summary>Compares the store with the mark beside it.</summary>
    public StoreAge(HighWater highWater, Func<NodeView> view)
    {
        _mark = highWater;
        _view = view;
        _required = (long)highWater.Size;

        // A store with a past and no mark: nobody here can tell how old it is. The broker's size can.
        _asksBroker = !highWater.IsKnown && view().Size > 0;
    }

    /// <summary>Size of the log up to which the store must be applied.</summary>
    public ulong Required => (ulong)Interlocked.Read(ref _required);

    /// <summary>Whether the broker has to be asked how long the log is, because no mark says it.</summary>
    public bool AsksBroker => _asksBroker;

    /// <summary>Whether the store is older than this node has been.</summary>
    public bool IsBehind => _asksBroker || _view().Size < Required;

    /// <summary>Marks how far the node has come. Not while no mark is known: one that was made then would say that the store is current.</summary>
    /// <exception cref="IOException">The mark cannot be written; the old one stands.</exception>
    public void Mark(ulong size)
    {
        if (!_asksBroker) _mark.Raise(size);
    }

    /// <summary>The node has been, or the log is, as far as this.</summary>
    public void Require(ulong size)
    {
        long before;
        while ((long)size > (before = Interlocked.Read(ref _required)) && Interlocked.CompareExchange(ref _required, (long)size, before) != before)
        {
            // Another thread raised it; it is looked at again.
        }

        _asksBroker = false;
    }

    /// <summary>Refuses what would answer from a store that is behind.</summary>
    /// <exception cref="RefusalException">STORE_BEHIND.</exception>
    public void RequireCurrent()
    {
        if (IsBehind) throw new RefusalException(Describe());
    }

    /// <summary>What to tell people.</summary>
    public Refusal Describe() => Refusal.Precondition(
        "STORE_BEHIND",
        _asksBroker
            ? "This node's store has no mark of how far the node had come, so it may have been put back from a backup. Nothing is screened until the broker has said how long the log is."
            : $"This node's store is older than the node has been: it ends at leaf {_view().Size}, and the node had reached leaf {Required}. Records may have been withdrawn since, so nothing is screened until the log is read up to there.",
        "node store",
        "Leave the node running and connected to the broker; it catches up by itself. See `gateway node status`.");
}
