using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using static Gateway.Protocol.V1.CircleMemberChange;

namespace Gateway.Protocol.Tests;

public sealed class CircleHistoryTests
{
    private readonly TestNetwork _network = TestNetwork.With("ann", "bob", "cid");
    private CircleHistory _history = CircleHistory.Empty;
    private ulong _index = 100;

    [Fact]
    public void Who_joins_holds_its_epoch_from_its_entry_on_and_granted_ones_for_all_of_the_log_read_with_them()
    {
        Found();
        ulong joined = Log(_network.Change("acx", "cid", Added, 1, "ann", "bob"));
        ulong began = Log(_network.Epoch("acx", 1, ["ann", "bob", "cid"], "ann", "bob"));
        ulong granted = Log(_network.Grant("acx", 1, [("cid", 0)], "ann", "bob"));

        Assert.False(_history.IsMemberAt(Circle, Cid, joined));
        Assert.True(_history.IsMemberAt(Circle, Cid, joined + 1));
        Assert.False(Sees(1, began));
        Assert.True(Sees(1, began + 1));
        Assert.Equal(began, _history.EpochBegan(Circle, 1));
        Assert.Null(_history.EpochBegan(Circle, 2));

        // Read as it grew, nothing from before the grant; read again from a tree that has the grant, everything.
        Assert.False(Sees(0, granted));
        Assert.True(Sees(0, granted + 1));
        Assert.False(Sees(0, 105, granted));
        Assert.True(Sees(0, 105, granted + 1));
        Assert.Equal([1u], _history.EpochsHeld(Circle, Cid, granted));
        Assert.Equal([0u, 1u], _history.EpochsHeld(Circle, Cid, granted + 1));
        Assert.True(_history.HoldsKey(Circle, 0, Cid));
    }

    [Fact]
    public void Who_is_removed_sees_what_came_before_and_nothing_after_whatever_it_says_it_has_read()
    {
        Found("cid");
        _index += 10; // Records.
        ulong removed = Log(_network.Change("acx", "cid", Removed, 1, "ann", "bob"));
        Log(_network.Epoch("acx", 1, ["ann", "bob"], "ann", "bob"));
        Assert.True(Sees(0, removed - 1));
        Assert.False(Sees(0, removed));
        Assert.False(Sees(0, removed + 50));
        Assert.False(Sees(0, removed + 50, removed + 1_000));
        Assert.False(Sees(1, removed + 50));
        Assert.False(_history.HoldsKey(Circle, 0, Cid));
        Assert.Empty(_history.EpochsHeld(Circle, Cid, removed + 5));
        Assert.Equal([0u], _history.EpochsHeld(Circle, Cid, removed));
        Assert.True(_history.HoldsKey(Circle, 0, Bob));
    }

    [Fact]
    public void Who_comes_back_holds_again_only_what_it_is_given_again()
    {
        Found("cid");
        ulong removed = Log(_network.Change("acx", "cid", Removed, 1, "ann", "bob"));
        Log(_network.Epoch("acx", 1, ["ann", "bob"], "ann", "bob"));
        Log(_network.Change("acx", "cid", Added, 2, "ann", "bob"));
        ulong back = Log(_network.Epoch("acx", 2, ["ann", "bob", "cid"], "ann", "bob"));
        Assert.Equal([2u], _history.EpochsHeld(Circle, Cid, back + 1));
        Assert.False(Sees(0, removed + 1, back + 1));
        ulong granted = Log(_network.Grant("acx", 2, [("cid", 0), ("cid", 1)], "ann", "bob"));
        Assert.True(Sees(0, removed + 1, granted + 1));
        Assert.True(Sees(1, removed + 2, granted + 1));
        Assert.Equal([0u, 1u, 2u], _history.EpochsHeld(Circle, Cid, granted + 1));
    }

    [Fact]
    public void The_policy_in_force_is_the_last_below_a_size()
    {
        Found();
        Entry stricter = TestNetwork.Policy("acx", "ann", "ann", "bob");
        stricter.CirclePolicy.ReadingRoles.Clear();
        ulong changed = Log(stricter);
        Assert.Null(_history.PolicyAt(Circle, 100));
        Assert.Equal(2, _history.PolicyAt(Circle, changed)!.ReadingRoles.Count);
        Assert.Empty(_history.PolicyAt(Circle, changed + 1)!.ReadingRoles);
    }

    private static CircleId Circle => TestNetwork.CircleOf("acx");

    private static MemberId Cid => TestNetwork.IdOf("cid");

    private static MemberId Bob => TestNetwork.IdOf("bob");

    private bool Sees(uint epoch, ulong index, ulong stateSize = 0) => _history.HoldsKey(Circle, epoch, Cid, index, stateSize);

    private void Found(params string[] others)
    {
        string[] founders = ["ann", "bob", .. others];
        Log(TestNetwork.Policy("acx", "ann", founders));
        foreach (string founder in founders) Log(_network.Change("acx", founder, Added, 0, "ann", "bob"));
        Log(_network.Epoch("acx", 0, founders, "ann", "bob"));
    }

    private ulong Log(Entry entry)
    {
        NetworkState before = _network.State;
        _network.Accept(entry);
        _history = _history.After(_index, before, _network.State);
        return _index++;
    }
}
