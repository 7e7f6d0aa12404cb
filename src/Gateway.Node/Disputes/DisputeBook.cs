using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Node.Contributions;
using Gateway.Protocol;
using Gateway.Protocol.Disputes;
using Gateway.Storage.Node;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Disputes;

/// <summary>How the disputes about this node's records stand, in memory, in step with the log; and what that does to a hit.</summary>
public sealed class DisputeBook
{
    // Every sentence about a dispute begins so: a hit that is looked at again later says what holds then.
    private const string Mark = "Dispute", ScorerMark = "The record is under dispute";

    private readonly ConcurrentDictionary<RecordId, DisputeState> _disputes;

    /// <summary>A book of what the store has.</summary>
    public DisputeBook(IEnumerable<NodeDispute> stored, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(stored);
        _disputes = new ConcurrentDictionary<RecordId, DisputeState>(stored.Select(dispute => KeyValuePair.Create(dispute.State.Record, dispute.State)));
        Changed = new WorkSignal(time);
    }

    /// <summary>Set when a dispute was opened or decided.</summary>
    public WorkSignal Changed { get; }

    /// <summary>All disputes.</summary>
    public IEnumerable<DisputeState> All => _disputes.Values;

    /// <summary>The dispute about a record, or null.</summary>
    public DisputeState? Find(RecordId record) => _disputes.GetValueOrDefault(record);

    /// <summary>How a hit stands when what is known of its record's dispute is heard: while nobody has decided, it asks for documents at most.</summary>
    public V1.Hit Heed(V1.Hit hit)
    {
        ArgumentNullException.ThrowIfNull(hit);
        if (!RecordId.TryFromBytes(hit.RecordId.Span, out RecordId id) || (Find(id) is not { DisputedAt: not null } dispute)) return hit;
        foreach (V1.Reason said in hit.Reasons.Where(reason => reason.Field.Length == 0 && (reason.Text.StartsWith(Mark, StringComparison.Ordinal) || reason.Text.StartsWith(ScorerMark, StringComparison.Ordinal))).ToArray()) hit.Reasons.Remove(said);
        hit.Dispute = dispute.ToNote();
        if (hit.Dismissal is null)
        {
            // The scorer has lowered the lane of what was screened since (weights.json, disputed); an alert raised before, or kept until after, is told here.
            if (!dispute.IsOpen && hit.UndisputedLane != V1.Lane.Unspecified) (hit.Lane, hit.UndisputedLane) = (hit.UndisputedLane, V1.Lane.Unspecified);
            if (dispute.IsOpen && hit.Lane == V1.Lane.Red) (hit.Lane, hit.UndisputedLane) = (V1.Lane.Yellow, V1.Lane.Red);
        }

        hit.Reasons.Add(new V1.Reason { Text = SentenceOf(dispute) });
        return hit;
    }

    /// <summary>Takes an entry into the states that a batch changes; the book stays as it is.</summary>
    /// <param name="arrived">The entry.</param>
    /// <param name="record">Its record, where this node holds it.</param>
    /// <param name="after">The states after what came before it in the batch, by record.</param>
    /// <returns>False where the entry is of another circle or epoch than the record, or than what was said before of a record that is not held.</returns>
    internal bool Take(Feed.ArrivedDispute arrived, NodeRecord? record, Dictionary<RecordId, DisputeState> after)
    {
        DisputeState? known = after.GetValueOrDefault(arrived.Record) ?? Find(arrived.Record);
        if (record is not null && !Feed.DisputeArrivals.IsOf(record, arrived.Circle, arrived.Epoch)) return false;
        if (known is not null && (known.Circle, known.Epoch) != (arrived.Circle, arrived.Epoch))
        {
            if (record is null) return false;
            known = null;
        }

        after[arrived.Record] = arrived.Change(known ?? new DisputeState(arrived.Record, arrived.Circle, arrived.Epoch));
        return true;
    }

    /// <summary>Takes over what the store has taken.</summary>
    internal void Set(IReadOnlyCollection<DisputeState> states, IReadOnlyCollection<LeftCircle> left)
    {
        foreach (DisputeState state in states) _disputes[state.Record] = state;
        foreach (DisputeState gone in _disputes.Values.Where(state => Goes(state, left))) _disputes.TryRemove(gone.Record, out _);
        if (states.Count > 0) Changed.Set();
    }

    /// <summary>Takes over how all disputes stand in a store that other processes write too.</summary>
    internal void Replace(IReadOnlyList<NodeDispute> stored)
    {
        bool changed = false;
        foreach (NodeDispute dispute in stored)
        {
            changed |= !_disputes.TryGetValue(dispute.State.Record, out DisputeState? before) || before != dispute.State;
            _disputes[dispute.State.Record] = dispute.State;
        }

        foreach (RecordId gone in _disputes.Keys.Except(stored.Select(dispute => dispute.State.Record))) _disputes.TryRemove(gone, out _);
        if (changed) Changed.Set();
    }

    /// <summary>Whether a dispute goes with a circle that this member has left.</summary>
    internal static bool Goes(DisputeState state, IEnumerable<LeftCircle> left) => left.Any(circle => circle.Circle == state.Circle && Math.Max(state.DisputedAt ?? 0, state.DecidedAt ?? 0) < circle.At);

    private static string SentenceOf(DisputeState dispute) => dispute.IsOpen
        ? string.Create(CultureInfo.InvariantCulture, $"{Mark}d: {WordsOf(dispute.Ground)}; nobody has decided yet, so the record asks for documents at most; a decision is due by {dispute.Deadline}")
        : $"{Mark} decided: {WordsOf(dispute.Decision)}, {WordsOf(dispute.Reason)}";

    /// <summary>A ground as people read it.</summary>
    internal static string WordsOf(V1.DisputeGround ground) => ground switch
    {
        V1.DisputeGround.WrongParty => "it is said to mean somebody else",
        V1.DisputeGround.Untrue => "it is said to be untrue",
        V1.DisputeGround.GenuineGoods => "the goods are said to have been genuine or their trader authorised",
        V1.DisputeGround.Outdated => "it is said to be true no more",
        V1.DisputeGround.Unlawful => "it is said to be kept unlawfully",
        _ => "somebody objects to it",
    };

    private static string WordsOf(V1.DisputeDecision decision) => decision == V1.DisputeDecision.Upheld ? "the objection holds" : "the record stands";

    private static string WordsOf(V1.DisputeReason reason) => reason switch
    {
        V1.DisputeReason.EvidenceSufficient => "its evidence carries it",
        V1.DisputeReason.EvidenceInsufficient => "its evidence does not carry it",
        V1.DisputeReason.WrongParty => "because of whom it means",
        V1.DisputeReason.GenuineGoods => "because of the goods",
        V1.DisputeReason.Outdated => "because of its age",
        V1.DisputeReason.Unlawful => "because of the law",
        _ => "the objection gave nothing to examine",
    };
}
