using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Index;

namespace Gateway.Matching.Tests.Index;

public sealed class TagTests
{
    private static readonly UInt128 s_seed = Hashes.Of(-1);

    [Fact]
    public void Any_history_of_records_leaves_what_a_dictionary_of_sets_would_hold()
    {
        Gen<(bool Add, int Record, int[] Tags)> step =
            from add in Gen.Elements(true, true, false)
            from record in Gen.Choose(0, 8)
            from tags in Gen.Choose(0, 12).ArrayOf(3)
            select (add, record, tags);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(step.ArrayOf().ToArbitrary(), steps =>
            {
                TagIndex index = new(s_seed);
                Dictionary<int, SortedSet<int>> model = Enumerable.Range(0, 13).ToDictionary(tag => tag, _ => new SortedSet<int>());
                foreach ((bool add, int record, int[] tags) in steps)
                {
                    UInt128[] hashed = [.. tags.Select(Hashes.Of)];
                    if (add)
                    {
                        index.Add(record, hashed);
                        Array.ForEach(tags, tag => model[tag].Add(record));
                    }
                    else
                    {
                        index.Remove(record, hashed);
                        Array.ForEach(tags, tag => model[tag].Remove(record));
                    }

                    foreach ((int tag, SortedSet<int> records) in model)
                    {
                        Assert.Equal([.. records], index.Find(Hashes.Of(tag)).ToArray());
                    }
                }

                Assert.Equal(model.Values.Count(records => records.Count > 0), index.Count);
            }));
    }

    [Fact]
    public void Tags_that_come_and_go_for_long_leave_the_table_small_and_right()
    {
        TagIndex index = new(s_seed);
        for (int record = 0; record < 60_000; record++)
        {
            index.Add(record, [Hashes.Of(record), Hashes.Of(record / 2)]);
            if (record >= 5_000)
            {
                int old = record - 5_000;
                index.Remove(old, [Hashes.Of(old), Hashes.Of(old / 2)]);
            }
        }

        for (int record = 55_000; record < 60_000; record++)
        {
            Assert.Equal([record], index.Find(Hashes.Of(record)).ToArray());
        }

        Assert.True(index.Find(Hashes.Of(100)).IsEmpty);
        Assert.Equal(7_500, index.Count);
        Assert.InRange(index.BytesPerTag * index.Count, 0, 2_000_000);
    }

    [Fact]
    public void Tags_chosen_to_look_alike_are_still_told_apart_and_spread()
    {
        TagIndex index = new(s_seed);
        for (int i = 0; i < 50_000; i++)
        {
            index.Add(i, [(UInt128)(uint)i]);
            index.Add(100_000 + i, [(UInt128)(uint)i << 64]);
        }

        Assert.Equal([0, 100_000], index.Find(0).ToArray());
        for (int i = 1; i < 50_000; i++)
        {
            Assert.Equal([i], index.Find((UInt128)(uint)i).ToArray());
            Assert.Equal([100_000 + i], index.Find((UInt128)(uint)i << 64).ToArray());
        }
    }

    [Fact]
    public void A_tag_of_more_records_than_the_limit_says_that_it_is_a_stop_value()
    {
        TagIndex index = new(s_seed, stopValueAt: 2);
        UInt128 tag = Hashes.Of(1);
        index.Add(1, [tag]);
        index.Add(2, [tag]);
        index.Find(tag, out bool before);
        Assert.False(before);
        index.Add(3, [tag]);
        Assert.Equal([1, 2, 3], index.Find(tag, out bool after).ToArray());
        Assert.True(after);
    }

    [Fact]
    public void A_hundred_thousand_tags_take_at_most_forty_bytes_each()
    {
        TagIndex index = new(s_seed);
        WatchedTags watched = new(s_seed);
        for (int i = 0; i < 100_000; i++)
        {
            index.Add(i, [Hashes.Of(i)]);
            watched.Add(Hashes.Of(i), Hashes.Of(i + 1));
        }

        Assert.InRange(index.BytesPerTag, 20, 40);
        Assert.InRange(watched.BytesPerTag, 32, 37);
        for (int i = 0; i < 100_000; i++)
        {
            Assert.True(watched.TryFind(Hashes.Of(i), out UInt128 hash));
            Assert.Equal(Hashes.Of(i + 1), hash);
        }
    }

    [Fact]
    public void A_tag_watched_no_longer_is_not_found()
    {
        WatchedTags watched = new(s_seed);
        watched.Add(Hashes.Of(1), Hashes.Of(2));
        Assert.True(watched.Remove(Hashes.Of(1)));
        Assert.False(watched.Remove(Hashes.Of(1)));
        Assert.False(watched.TryFind(Hashes.Of(1), out _));
    }
}
