using FsCheck;
using FsCheck.Fluent;
using Gateway.Cryptography;
using Gateway.Protocol.Disputes;
using Gateway.Protocol.V1;

namespace Gateway.Protocol.Tests;

/// <summary>The state machine of a dispute: the entries about a record add up to one state, in whatever order they are read.</summary>
public sealed class DisputeStateTests
{
    private static readonly DisputeState s_none = new(default, default, 0);

    [Fact]
    public void The_entries_add_up_to_one_state_in_whatever_order_and_however_often_they_are_read() => Prop.ForAll(
        ArbMap.Default.ArbFor<(bool IsDecision, byte About, bool Upheld)[]>(),
        ArbMap.Default.ArbFor<int>(),
        (shape, seed) =>
        {
            Func<DisputeState, DisputeState>[] events = EventsOf(shape);
            DisputeState inOrder = events.Aggregate(s_none, (state, change) => change(state));
            Func<DisputeState, DisputeState>[] shuffled = [.. events, .. events];
            new Random(seed).Shuffle(shuffled);
            return shuffled.Aggregate(s_none, (state, change) => change(state)) == inOrder;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_dispute_is_open_from_its_entry_until_a_decision_of_that_very_dispute() => Prop.ForAll(
        ArbMap.Default.ArbFor<(bool IsDecision, byte About, bool Upheld)[]>(),
        shape =>
        {
            // The plain twin: the newest dispute, and the first decision about it.
            ulong? newest = null;
            HashSet<ulong> decided = [];
            DisputeState state = s_none;
            Func<DisputeState, DisputeState>[] events = EventsOf(shape);
            for (int i = 0; i < events.Length; i++)
            {
                state = events[i](state);
                if (!shape[i].IsDecision) newest = (ulong)i + 1;
                else decided.Add(AboutOf(shape[i].About, i));
                bool open = newest is { } at && decided.All(about => about < at);
                if (state.IsOpen != open || (state.IsOpen && state.IsUpheld)) return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Only_a_decision_or_the_clock_ends_a_record_and_never_both()
    {
        UtcDay deadline = new(20_000);
        DisputeTerms ends = new([], 30, false), stays = new([], 30, true);
        DisputeState open = s_none.After(5, new RecordDisputed { Ground = DisputeGround.Untrue, DeadlineDay = deadline.Number });
        DisputeState upheld = open.After(7, new RecordDisputeResolved { DisputedAt = 5, Decision = DisputeDecision.Upheld, Reason = DisputeReason.Outdated });
        DisputeState rejected = open.After(7, new RecordDisputeResolved { DisputedAt = 5, Decision = DisputeDecision.Rejected, Reason = DisputeReason.Outdated });
        foreach (WithdrawalReason reason in Enum.GetValues<WithdrawalReason>())
        {
            Assert.False(s_none.Ends(reason, deadline.AddDays(1), ends));
            Assert.False(rejected.Ends(reason, deadline.AddDays(1), ends));
            Assert.False(open.Ends(reason, deadline, ends));
            Assert.False(open.Ends(reason, deadline.AddDays(1), stays));
            Assert.Equal(reason == WithdrawalReason.DisputeOverdue, open.Ends(reason, deadline.AddDays(1), ends));
            Assert.Equal(reason == WithdrawalReason.DisputeUpheld, upheld.Ends(reason, deadline.AddDays(1), ends));
        }
    }

    [Fact]
    public void An_objection_opens_at_its_desk_alone_and_its_length_tells_little()
    {
        using BoxKey desk = BoxKey.FromSeed(new byte[32]), other = BoxKey.FromSeed([.. new byte[31], 1]);
        Objection objection = new() { Statement = "no", Party = new Party { Name = "A Person" } };
        byte[] sealedObjection = ObjectionBox.Seal(objection, desk.PublicKey);
        Assert.Equal(ObjectionBox.Seal(new Objection { Statement = new string('x', 900) }, desk.PublicKey).Length, sealedObjection.Length);
        Assert.True(ObjectionBox.TryOpen(sealedObjection, desk, out Objection? opened));
        Assert.Equal(objection, opened);
        Assert.False(ObjectionBox.TryOpen(sealedObjection, other, out _));
        for (int length = 0; length < 200; length++) Assert.False(ObjectionBox.TryOpen(desk.PublicKey.Seal(Enumerable.Repeat((byte)0xFF, length).ToArray()), desk, out _));
        Assert.NotNull(ObjectionBox.FaultOf(new Objection { Statement = new string('x', ObjectionBox.LongestStatement + 1) }));
        Assert.NotNull(ObjectionBox.FaultOf(new Objection { Statement = new string('語', ObjectionBox.LongestStatement) }));
    }

    // Entry i stands at leaf i + 1; a decision names an earlier leaf.
    private static Func<DisputeState, DisputeState>[] EventsOf((bool IsDecision, byte About, bool Upheld)[] shape) => [.. shape.Select((one, i) => EventOf(one, i))];

    private static Func<DisputeState, DisputeState> EventOf((bool IsDecision, byte About, bool Upheld) one, int i)
    {
        ulong leaf = (ulong)i + 1;
        RecordDisputeResolved resolved = new() { DisputedAt = AboutOf(one.About, i), Decision = one.Upheld ? DisputeDecision.Upheld : DisputeDecision.Rejected, Reason = DisputeReason.Outdated };
        RecordDisputed disputed = new() { Ground = DisputeGround.Untrue, DeadlineDay = (uint)i };
        return one.IsDecision ? state => state.After(leaf, resolved) : state => state.After(leaf, disputed);
    }

    private static ulong AboutOf(byte about, int i) => (ulong)(about % (i + 1));
}
