using Gateway.Matching.Index;

namespace Gateway.Matching.Tests.Index;

public sealed class MatchIndexTests
{
    private static readonly UInt128 s_identifier = Hashes.Of(1);
    private static readonly UInt128 s_tag = Hashes.Of(1001);
    private static readonly UInt128 s_tagOfOtherCircle = Hashes.Of(2001);

    [Fact]
    public void A_new_record_meets_what_was_screened_before()
    {
        MatchIndex index = new(Hashes.Of(0));
        index.Learn(s_identifier, [s_tag, s_tagOfOtherCircle]);
        List<UInt128> met = [];
        index.AddRecord(5, [Hashes.Of(77), s_tagOfOtherCircle], met);
        Assert.Equal([s_identifier], met);
        Assert.Equal(KnownState.Hit, index.Known.Find(s_identifier));
    }

    [Fact]
    public void An_identifier_learnt_later_meets_the_records_that_are_there()
    {
        MatchIndex index = new(Hashes.Of(0));
        index.AddRecord(5, [s_tag], []);
        index.AddRecord(6, [s_tagOfOtherCircle], []);
        index.Learn(s_identifier, [s_tag, s_tagOfOtherCircle]);
        Assert.Equal([5, 6], index.Known.HitsOf(s_identifier).ToArray());
    }

    [Fact]
    public void A_removed_record_leaves_the_identifier_clear_and_meets_nothing_later()
    {
        MatchIndex index = new(Hashes.Of(0));
        index.Learn(s_identifier, [s_tag]);
        index.AddRecord(5, [s_tag], []);
        index.RemoveRecord(5, [s_tag]);
        Assert.Equal(KnownState.Clear, index.Known.Find(s_identifier));
        Assert.True(index.Records.Find(s_tag).IsEmpty);
        index.Learn(Hashes.Of(2), [s_tag]);
        Assert.Equal(KnownState.Clear, index.Known.Find(Hashes.Of(2)));
    }

    [Fact]
    public void A_tag_that_is_a_stop_value_makes_the_identifier_one()
    {
        MatchIndex index = new(Hashes.Of(0), stopValueAt: 2);
        for (int record = 0; record < 3; record++)
        {
            index.AddRecord(record, [s_tag], []);
        }

        index.Learn(s_identifier, [s_tag]);
        Assert.Equal(KnownState.StopValue, index.Known.Find(s_identifier));
    }

    [Fact]
    public void A_forgotten_identifier_is_unknown_and_meets_no_new_record()
    {
        MatchIndex index = new(Hashes.Of(0));
        index.Learn(s_identifier, [s_tag]);
        index.Forget(s_identifier, [s_tag]);
        List<UInt128> met = [];
        index.AddRecord(1, [s_tag], met);
        Assert.Empty(met);
        Assert.Equal(KnownState.Unknown, index.Known.Find(s_identifier));
    }

    [Fact]
    public void A_batch_tells_cleared_pending_and_met_shipments_apart()
    {
        MatchIndex index = new(Hashes.Of(0), stopValueAt: 2);
        index.Learn(Hashes.Of(1), [Hashes.Of(101)]);
        index.Learn(Hashes.Of(2), [Hashes.Of(102)]);
        index.Learn(Hashes.Of(3), [Hashes.Of(103)]);
        index.AddRecord(7, [Hashes.Of(102)], []);
        index.AddRecord(8, [Hashes.Of(102)], []);
        for (int record = 10; record < 13; record++)
        {
            index.AddRecord(record, [Hashes.Of(103)], []);
        }

        ScreeningBatch batch = new(index.Known);
        UInt128[] hashes = [Hashes.Of(1), Hashes.Of(1), Hashes.Of(99), Hashes.Of(1), Hashes.Of(2), Hashes.Of(3)];
        batch.Screen(hashes, [1, 3, 3, 6]);
        Assert.Equal([new Screened(1, 0, 0, 0), new Screened(2, 1, 0, 0), new Screened(0, 0, 0, 0), new Screened(3, 0, 1, 2)], batch.Results.ToArray());
        Assert.Equal([true, false, true, false], batch.Results.ToArray().Select(result => result.IsCleared));
        Assert.Equal([new Meeting(1, 7), new Meeting(1, 8)], batch.HitsOf(3).ToArray());
        Assert.Equal([KnownState.Clear, KnownState.Unknown], batch.StatesOf(1).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.HitsOf(4).Length);
    }

    [Fact]
    public void A_batch_used_again_allocates_nothing()
    {
        MatchIndex index = new(Hashes.Of(0));
        UInt128[] hashes = Hashes.Range(0, 120);
        for (int i = 0; i < 100; i++)
        {
            index.Learn(hashes[i], [Hashes.Of(1000 + i)]);
        }

        index.AddRecord(1, [Hashes.Of(1003), Hashes.Of(1050)], []);
        int[] ends = [.. Enumerable.Range(1, 10).Select(shipment => shipment * 12)];
        ScreeningBatch batch = new(index.Known);
        batch.Screen(hashes, ends);
        long before = GC.GetAllocatedBytesForCurrentThread();
        batch.Screen(hashes, ends);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Ends_that_do_not_divide_the_hashes_are_refused()
    {
        ScreeningBatch batch = new(new KnownIdentifiers());
        UInt128[] hashes = Hashes.Range(0, 4);
        Assert.Throws<ArgumentException>(() => batch.Screen(hashes, [2, 3]));
        Assert.Throws<ArgumentException>(() => batch.Screen(hashes, [2, 1, 4]));
        Assert.Throws<ArgumentException>(() => batch.Screen(hashes, [5]));
    }
}
