using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Index;

namespace Gateway.Matching.Tests.Index;

public sealed class KnownIdentifiersTests
{
    private const int StopAt = 3;

    /// <summary>One step of a random history; identifiers and records are few, so that steps meet.</summary>
    private sealed record Step(int Kind, int Identifier, int[] Records);

    [Fact]
    public void Any_history_leaves_what_a_dictionary_of_sets_would_hold()
    {
        Gen<Step> step =
            from kind in Gen.Choose(0, 4)
            from identifier in Gen.Choose(0, 40)
            from records in Gen.Choose(0, 6).ArrayOf(4)
            from count in Gen.Choose(0, 4)
            select new Step(kind, identifier, records[..count]);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(step.ArrayOf().ToArbitrary(), steps =>
            {
                KnownIdentifiers table = new(stopValueAt: StopAt);
                Dictionary<int, Model> model = [];
                foreach (Step s in steps)
                {
                    Apply(s, table, model);
                    AssertSame(table, model);
                }
            }));
    }

    [Fact]
    public void Thousands_of_additions_and_removals_lose_nothing_and_leave_nothing_behind()
    {
        KnownIdentifiers table = new();
        HashSet<int> known = [];
        Random random = new(7);
        for (int i = 0; i < 60_000; i++)
        {
            int identifier = random.Next(9_000);
            if (random.Next(5) < 3)
            {
                table.Add(Hashes.Of(identifier));
                known.Add(identifier);
            }
            else
            {
                Assert.Equal(known.Remove(identifier), table.Remove(Hashes.Of(identifier)));
            }
        }

        Assert.Equal(known.Count, table.Count);
        for (int i = 0; i < 9_000; i++)
        {
            Assert.Equal(known.Contains(i) ? KnownState.Clear : KnownState.Unknown, table.Find(Hashes.Of(i)));
        }
    }

    [Fact]
    public void The_vector_path_answers_as_its_plain_twin()
    {
        KnownIdentifiers table = new(stopValueAt: StopAt);
        Random random = new(11);
        for (int i = 0; i < 20_000; i++)
        {
            int[] records = [.. Enumerable.Range(0, Math.Max(0, random.Next(-20, 6)))];
            table.Add(Hashes.Of(i), records);
        }

        for (int i = 0; i < 20_000; i += 3)
        {
            table.Remove(Hashes.Of(i));
        }

        foreach (int length in new[] { 0, 1, 31, 32, 33, 30_000 })
        {
            UInt128[] hashes = Hashes.Range(0, length);
            KnownState[] fast = new KnownState[length];
            KnownState[] plain = new KnownState[length];
            table.Find(hashes, fast);
            table.FindPlainly(hashes, plain);
            Assert.Equal(plain, fast);
        }

        KnownState[] all = new KnownState[30_000];
        table.Find(Hashes.Range(0, 30_000), all);
        Assert.Equal(4, all.Distinct().Count());
    }

    [Fact]
    public void Hashes_whose_kept_bits_are_all_zero_are_identifiers_like_others()
    {
        KnownIdentifiers table = new();
        Assert.Equal(KnownState.Unknown, table.Find(UInt128.Zero));
        table.Add(UInt128.Zero);
        table.Add(UInt128.MaxValue, [5]);
        KnownState[] states = new KnownState[2];
        table.Find([UInt128.Zero, UInt128.MaxValue], states);
        Assert.Equal([KnownState.Clear, KnownState.Hit], states);
        Assert.True(table.Remove(UInt128.Zero));
        Assert.Equal(KnownState.Unknown, table.Find(UInt128.Zero));
    }

    [Fact]
    public void A_slot_with_hits_that_belongs_to_another_identifier_leaves_this_one_unknown()
    {
        KnownIdentifiers table = new();
        UInt128 one = Hashes.Of(1);
        UInt128 twin = one ^ (UInt128.One << 100);
        table.Add(one, [9]);
        Assert.Equal(KnownState.Hit, table.Find(one));
        Assert.Equal(KnownState.Unknown, table.Find(twin));
        Assert.True(table.HitsOf(twin).IsEmpty);
    }

    [Fact]
    public void A_hit_for_an_identifier_never_evaluated_is_refused_and_leaves_it_unknown()
    {
        KnownIdentifiers table = new();
        Assert.False(table.AddHit(Hashes.Of(1), 4));
        Assert.Equal(KnownState.Unknown, table.Find(Hashes.Of(1)));
    }

    [Fact]
    public void A_stop_value_keeps_every_record_so_that_whoever_came_first_hides_nobody()
    {
        KnownIdentifiers table = new(stopValueAt: StopAt);
        UInt128 hash = Hashes.Of(1);
        table.Add(hash);
        for (int record = 0; record < 10; record++)
        {
            Assert.True(table.AddHit(hash, record));
            Assert.Equal(record < StopAt ? KnownState.Hit : KnownState.StopValue, table.Find(hash));
        }

        Assert.Equal(Enumerable.Range(0, 10), table.HitsOf(hash).ToArray());
        for (int record = 0; record < 9; record++)
        {
            Assert.True(table.RemoveHit(hash, record));
        }

        Assert.Equal(KnownState.Hit, table.Find(hash));
        Assert.Equal([9], table.HitsOf(hash).ToArray());
    }

    [Fact]
    public void A_set_that_was_handed_out_does_not_change_while_a_hundred_thousand_records_come_in()
    {
        KnownIdentifiers table = new(stopValueAt: StopAt);
        UInt128 hash = Hashes.Of(1);
        table.Add(hash);
        for (int record = 0; record < 100_000; record++)
        {
            table.AddHit(hash, record);
        }

        ReadOnlySpan<int> early = table.HitsOf(hash)[..50_000];
        ReadOnlySpan<int> all = table.HitsOf(hash);
        table.AddHit(hash, 100_000);
        table.RemoveHit(hash, 5);
        table.AddHit(hash, 5);
        Assert.Equal(49_999, early[^1]);
        Assert.Equal(Enumerable.Range(0, 100_000), all.ToArray());
        Assert.Equal(Enumerable.Range(0, 100_001), table.HitsOf(hash).ToArray());
        Assert.Equal(KnownState.StopValue, table.Find(hash));
        Assert.InRange(table.BytesPerIdentifier, 0, 1_200_000);
    }

    [Fact]
    public void Known_identifiers_cost_at_most_12_bytes_each_at_any_size()
    {
        KnownIdentifiers table = new();
        for (int i = 0; i < 200_000; i++)
        {
            table.Add(Hashes.Of(i));
            if (i >= 50_000 && i % 1000 == 0)
            {
                Assert.InRange(table.BytesPerIdentifier, 10.0, 12.0);
            }
        }
    }

    [Fact]
    public void Too_little_room_for_the_answers_is_refused()
    {
        KnownIdentifiers table = new();
        Assert.Throws<ArgumentException>(() => table.Find(Hashes.Range(0, 3), new KnownState[2]));
    }

    private static void Apply(Step step, KnownIdentifiers table, Dictionary<int, Model> model)
    {
        UInt128 hash = Hashes.Of(step.Identifier);
        int record = step.Records.Length > 0 ? step.Records[0] : 0;
        bool known = model.TryGetValue(step.Identifier, out Model? held);
        switch (step.Kind)
        {
            case 0:
                table.Add(hash, step.Records);
                model[step.Identifier] = Model.Of(step.Records);
                break;
            case 1 or 2:
                Assert.Equal(known, table.AddHit(hash, record));
                held?.Records.Add(record);
                break;
            case 3:
                Assert.Equal(held?.Records.Remove(record) ?? false, table.RemoveHit(hash, record));
                break;
            default:
                Assert.Equal(model.Remove(step.Identifier), table.Remove(hash));
                break;
        }
    }

    private static void AssertSame(KnownIdentifiers table, Dictionary<int, Model> model)
    {
        UInt128[] hashes = Hashes.Range(0, 41);
        KnownState[] states = new KnownState[hashes.Length];
        table.Find(hashes, states);
        for (int i = 0; i < hashes.Length; i++)
        {
            bool known = model.TryGetValue(i, out Model? held);
            Assert.Equal(known ? held!.State : KnownState.Unknown, states[i]);
            Assert.Equal(known ? [.. held!.Records] : [], table.HitsOf(hashes[i]).ToArray());
        }

        Assert.Equal(model.Count, table.Count);
        Assert.Equal(model.Values.Count(m => m.State != KnownState.Clear), table.CountWithHits);
    }

    private sealed class Model
    {
        public SortedSet<int> Records { get; } = [];

        public KnownState State => Records.Count > StopAt ? KnownState.StopValue : Records.Count > 0 ? KnownState.Hit : KnownState.Clear;

        public static Model Of(int[] records)
        {
            Model model = new();
            model.Records.UnionWith(records);
            return model;
        }
    }
}
