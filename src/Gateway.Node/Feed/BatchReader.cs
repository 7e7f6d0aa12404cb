using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Circles;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

/// <summary>
/// Verifies a batch of the feed against everything before it (protocol §7, §8): leaf data, entries, routes, the tree's root, the checkpoint's signature. The only judge of what
/// the broker sends; does no I/O.
/// </summary>
public sealed class BatchReader(MemberId member, BoxKey box, ReadOnlyMemory<byte> genesisHash, TimeProvider time)
{
    /// <summary>Verifies a batch and appends its leaves to the tree. The caller commits the tree once the batch is stored, else rolls it back.</summary>
    /// <exception cref="FeedFaultException">Something does not hold; the tree has been rolled back.</exception>
    public VerifiedBatch Read(FeedBatch batch, NodeView before, TiledTree tree)
    {
        try
        {
            return ReadLeaves(batch, before, tree);
        }
        catch
        {
            tree.Rollback();
            throw;
        }
    }

    private VerifiedBatch ReadLeaves(FeedBatch batch, NodeView before, TiledTree tree)
    {
        if (batch.FirstIndex != tree.Size) throw Fault("FEED_GAP", $"The broker sent leaf {batch.FirstIndex} where leaf {tree.Size} is next.", $"leaf {tree.Size}", batch);
        Progress progress = new(before);
        List<LoggedLeaf> leaves = new(batch.Leaves.Count);
        CheckedLeaf[] read = batch.TakeChecked(before.Keyring);
        for (int i = 0; i < batch.Leaves.Count; i++)
        {
            ulong index = batch.FirstIndex + (ulong)i;
            FeedLeaf leaf = batch.Leaves[i];
            if (!LeafData.IsWellFormed(leaf.LeafData.Span)) throw Fault("LEAF_MALFORMED", "A leaf is not 49 bytes of version 1.", $"leaf {index}", batch);
            if (leaf.Entry.IsEmpty) CheckOpaque(index, leaf, progress, batch);
            else ReadEntry(index, leaf, read[i], progress, batch);
            leaves.Add(new LoggedLeaf(index, leaf.LeafData.ToByteArray(), leaf.Entry.IsEmpty ? null : leaf.Salt.ToByteArray(), leaf.Entry.IsEmpty ? null : leaf.Entry.ToByteArray()));
        }

        tree.Append(Array.ConvertAll(read, leaf => leaf.Hash));
        CheckCheckpoint(batch, progress.State, tree);
        return new VerifiedBatch
        {
            View = progress.View with { Size = tree.Size, Root = tree.Root },
            Leaves = leaves,
            Head = new LogHead(tree.Size, batch.Checkpoint),
            Records = progress.Records,
            Withdrawals = progress.Withdrawals,
            Disputes = progress.Disputes,
            DayAt = progress.DayAt,
            NewKeys = progress.NewKeys,
            Left = progress.Left,
            Grants = progress.Grants,
            Alarms = progress.Alarms,
        };
    }

    private static void CheckOpaque(ulong index, FeedLeaf leaf, Progress progress, FeedBatch batch)
    {
        if (LeafData.IsNetworkWide(leaf.LeafData.Span)) throw Fault("ENTRY_HIDDEN", "The broker kept back a network-wide entry.", $"leaf {index}", batch);
        if (progress.Keyring.FindRoute(index, leaf.LeafData.Span) is { } key) throw Fault("ENTRY_HIDDEN", $"The broker kept back an entry of circle {key.Circle.Prefix}.", $"leaf {index}", batch);
    }

    private void ReadEntry(ulong index, FeedLeaf leaf, in CheckedLeaf read, Progress progress, FeedBatch batch)
    {
        if (leaf.Entry.Length > LeafData.MaximumEntry) throw Fault("ENTRY_TOO_LARGE", $"An entry has {leaf.Entry.Length:N0} bytes.", $"leaf {index}", batch);
        if (!read.IsCommitted) throw Fault("ENTRY_ALTERED", "An entry is not the one its leaf commits to.", $"leaf {index}", batch);
        if (index == 0 && !NetworkState.HashGenesis(leaf.Entry.Span).AsSpan().SequenceEqual(genesisHash.Span))
        {
            throw Fault("GENESIS_FOREIGN", "The log does not begin with the Genesis this node pins.", "leaf 0", batch);
        }

        if (read.Entry is not { } entry)
        {
            progress.Alarms.Add(Unreadable(index));
            return;
        }

        CheckRoute(index, leaf, read.Route, progress, batch);
        switch (entry.ContentCase)
        {
            case Entry.ContentOneofCase.RecordPublished:
                ReadRecord(index, leaf, entry.RecordPublished, read.Item, progress, batch);
                break;
            case Entry.ContentOneofCase.RecordWithdrawn:
                progress.Withdrawals.Add(new ArrivedWithdrawal(index, entry.RecordWithdrawn));
                break;
            case { } when DisputeArrivals.Is(entry):
                ReadDispute(index, entry, read.Route!.Value, progress);
                break;
            default:
                ApplyState(index, leaf, entry, progress);
                break;
        }
    }

    private void ApplyState(ulong index, FeedLeaf leaf, Entry entry, Progress progress)
    {
        (progress.View, KeyringChange? change) = NodeView.After(progress.View, index, entry, leaf.Entry.Span, member, box, out string? refusal);
        if (change is null)
        {
            progress.Alarms.Add(Alarm("ENTRY_CONTRADICTS", refusal!, $"leaf {index}"));
            return;
        }

        foreach (string fault in change.Faults) progress.Alarms.Add(Alarm("CIRCLE_KEY_UNUSABLE", fault, $"leaf {index}"));
        foreach (CircleId circle in change.Left) progress.Leave(circle, index);
        progress.NewKeys.AddRange(change.Opened);
        if (entry.ContentCase == Entry.ContentOneofCase.KeyGrant && change.Opened.Count > 0) progress.Grants.Add(GrantOf(index, change.Opened, progress.View.History));
        if (entry.ContentCase != Entry.ContentOneofCase.Day) return;
        progress.DayAt = index;
        CheckDay(index, progress.State.Day, progress);
    }

    // From where the oldest of the epochs began: before it nothing is sealed under the keys granted.
    private static StoredBackfill GrantOf(ulong index, IReadOnlyList<CircleKey> opened, CircleHistory history) =>
        new(index, opened[0].Circle, opened.Min(key => history.EpochBegan(key.Circle, key.Epoch)!.Value));

    private void CheckDay(ulong index, UtcDay day, Progress progress)
    {
        UtcDay today = UtcDay.Of(time.GetUtcNow());

        // Days of the past are replayed; a day ahead of this node's clock by more than one is the broker's clock or ours.
        if (day > today.AddDays(1)) progress.Alarms.Add(Alarm("CLOCK_APART", $"The log says {day}, this node's clock says {today}.", $"leaf {index}"));
    }

    private static void CheckRoute(ulong index, FeedLeaf leaf, (CircleId Circle, uint Epoch)? routed, Progress progress, FeedBatch batch)
    {
        if (routed is null)
        {
            if (!LeafData.IsNetworkWide(leaf.LeafData.Span)) throw Fault("ENTRY_MISROUTED", "A network-wide entry stands under a circle's route.", $"leaf {index}", batch);
            return;
        }

        (CircleId circle, uint epoch) = routed.Value;

        // Of epochs from before it joined a member has no key. It is shown their entries, cannot judge their routes, and believes nothing of them but who holds which key.
        bool holds = progress.Keyring.Find(circle, epoch) is { } key
            ? key.RouteKey.Matches(index, LeafData.RouteOf(leaf.LeafData.Span))
            : !LeafData.IsNetworkWide(leaf.LeafData.Span) && progress.Keyring.FindRoute(index, leaf.LeafData.Span) is null;
        if (!holds)
        {
            throw Fault("ENTRY_MISROUTED", $"An entry of circle {circle.Prefix} stands under another route.", $"leaf {index}", batch);
        }
    }

    private void ReadRecord(ulong index, FeedLeaf leaf, RecordPublished record, OpenedItem? item, Progress progress, FeedBatch batch)
    {
        if (!RecordArrivals.IsReadable(record))
        {
            progress.Alarms.Add(Unreadable(index));
            return;
        }

        if (progress.Keyring.Find(CircleId.FromBytes(record.CircleId.Span), record.Epoch) is not { } key) return; // Of an epoch before this member's.
        ArrivedRecord? arrived = RecordArrivals.Take(index, leaf, record, key, progress.MayRead(key.Circle, member), time, out bool isHidden);
        if (isHidden) throw Fault("ITEM_HIDDEN", $"The broker kept back the item of a record of circle {key.Circle.Prefix} that is neither withdrawn nor expired.", $"leaf {index}", batch);
        if (arrived is not null) progress.Records.Add(arrived with { Opened = item });
    }

    private static void ReadDispute(ulong index, Entry entry, (CircleId Circle, uint Epoch) route, Progress progress)
    {
        if (progress.Keyring.Find(route.Circle, route.Epoch) is null) return; // Of an epoch before this member's.
        if (DisputeArrivals.Take(index, entry, progress.State, progress.View.History, progress.State.Day, out string? fault) is { } dispute) progress.Disputes.Add(dispute);
        else progress.Alarms.Add(Alarm("DISPUTE_INVALID", fault!, $"leaf {index}"));
    }

    private static void CheckCheckpoint(FeedBatch batch, NetworkState state, TiledTree tree)
    {
        if (state.Genesis is null) throw Fault("GENESIS_FOREIGN", "The log does not begin with Genesis.", "leaf 0", batch);
        LogVerifier verifier = new(state.Network, VerifyingKey.FromBytes(state.Genesis.LogPk.Span));
        Checkpoint checkpoint = verifier.Open(batch.Checkpoint, out string? fault) ?? throw Fault("CHECKPOINT_INVALID", fault!, "checkpoint", batch);
        if (checkpoint.Size != tree.Size || checkpoint.Root != tree.Root)
        {
            throw Fault("ROOT_DIFFERS", $"The checkpoint of size {checkpoint.Size} has another root than the {tree.Size} leaves received.", $"checkpoint {checkpoint.Size}", batch);
        }
    }

    private static Refusal Unreadable(ulong index) => Alarm("ENTRY_UNREADABLE", "An entry cannot be read; it is kept and not believed.", $"leaf {index}");

    private static Refusal Alarm(string code, string what, string which) => Refusal.DataLoss(code, what, which, "Tell the broker's operator; keep this node's store as evidence.");

    private static FeedFaultException Fault(string code, string what, string which, FeedBatch batch) => new(Alarm(code, what, which), batch.Checkpoint);

    private sealed class Progress(NodeView before)
    {
        public NodeView View { get; set; } = before;

        public NetworkState State => View.State;

        public CircleKeyring Keyring => View.Keyring;

        public bool MayRead(CircleId circle, MemberId member) =>
            State.Members.TryGetValue(member, out NetworkMember? me) && State.Circles.TryGetValue(circle, out NetworkCircle? joined) && joined.MayRead(me);

        public ulong? DayAt { get; set; }

        public List<ArrivedRecord> Records { get; } = [];

        public List<ArrivedWithdrawal> Withdrawals { get; } = [];

        public List<ArrivedDispute> Disputes { get; } = [];

        public List<CircleKey> NewKeys { get; } = [];

        public List<(CircleId Circle, ulong At)> Left { get; } = [];

        public List<StoredBackfill> Grants { get; } = [];

        public List<Refusal> Alarms { get; } = [];

        // What this batch brought of the circle before goes with it.
        public void Leave(CircleId circle, ulong at)
        {
            NewKeys.RemoveAll(key => key.Circle == circle);
            Grants.RemoveAll(grant => grant.Circle == circle);
            Left.Add((circle, at));
        }
    }
}
