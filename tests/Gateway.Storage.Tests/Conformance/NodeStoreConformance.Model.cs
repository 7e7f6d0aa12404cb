using FsCheck;
using FsCheck.Fluent;
using Gateway.Storage.Node;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class NodeStoreConformance
{
    /// <summary>Makes the next <see cref="OpenAsync"/> open an empty store.</summary>
    protected abstract void StartAnew();

    [Fact]
    public void Any_sequence_of_batches_ends_matches_and_restarts_leaves_what_dictionaries_would_hold() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(40),
        Prop.ForAll(Gen.Choose(0, 9999).ArrayOf().ToArbitrary(), (int[] steps) => RunRecordsAsync(steps).GetAwaiter().GetResult()));

    [Fact]
    public void Any_sequence_of_drafts_updates_and_restarts_leaves_what_a_dictionary_would_hold() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(40),
        Prop.ForAll(Gen.Choose(0, 9999).ArrayOf().ToArbitrary(), (int[] steps) => RunOutboxAsync(steps).GetAwaiter().GetResult()));

    private async Task RunRecordsAsync(int[] steps)
    {
        StartAnew();
        var records = new Dictionary<int, NodeRecord>();
        var hits = new HashSet<StoredHit>();
        var known = new HashSet<UInt128>();
        ulong size = 0;
        INodeStore store = await OpenAsync();
        try
        {
            foreach (int step in steps)
            {
                int argument = step / 5;
                int number = 1 + (argument % Math.Max(1, records.Count));
                switch (step % 5)
                {
                    case 0:
                        NodeRecord added = NodeRecord(records.Count + 1, argument % 4 == 0 ? NodeRecordState.Quarantined : NodeRecordState.Live);
                        var hit = new StoredHit(Hash(argument % 6), added.Number);
                        await store.ApplyAsync(Apply(size++, 1) with { Records = [added], Hits = [hit] }, None);
                        records.Add(added.Number, added);
                        if (added.State == NodeRecordState.Live)
                        {
                            hits.Add(hit);
                        }

                        break;
                    case 1 when records.TryGetValue(number, out NodeRecord? ending) && ending.Item is not null:
                        NodeRecordState end = argument % 2 == 0 ? NodeRecordState.Withdrawn : NodeRecordState.Expired;
                        await store.ApplyAsync(Apply(size++, 1) with { Ended = [(number, end)] }, None);
                        records[number] = ending with { State = end, Fault = null, Item = null, Tags = [] };
                        hits.RemoveWhere(met => met.Record == number);
                        break;
                    case 2 when records.TryGetValue(number, out NodeRecord? faulty) && faulty.State == NodeRecordState.Live:
                        await store.QuarantineAsync(number, "commitment", None);
                        records[number] = faulty with { State = NodeRecordState.Quarantined, Fault = "commitment" };
                        hits.RemoveWhere(met => met.Record == number);
                        break;
                    case 3:
                        KnownIdentifier identifier = Known(argument % 6, [.. records.Keys.Where(key => (key + argument) % 3 == 0)]);
                        await store.AddKnownAsync([identifier], None);
                        known.Add(identifier.Hash);
                        hits.UnionWith(identifier.Records.Where(record => records[record].State == NodeRecordState.Live).Select(record => new StoredHit(identifier.Hash, record)));
                        break;
                    case 4:
                        await store.DisposeAsync();
                        store = await OpenAsync();
                        break;
                }
            }

            foreach (NodeRecord record in records.Values)
            {
                Assert.Equivalent(record, await store.ReadRecordAsync(record.Number, None), strict: true);
            }

            Assert.Equal(records.Values.Where(record => record.State == NodeRecordState.Live).Select(record => record.Number), (await store.ReadLiveTagsAsync(None).ToListAsync()).Select(tags => tags.Number));
            Assert.True(hits.SetEquals(await store.ReadHitsAsync(None).ToListAsync()));
            Assert.True(known.SetEquals(await store.ReadKnownHashesAsync(1, 0, None).Select(known => known.Hash).ToListAsync()));
            Assert.Equal(size, (await store.ReadHeadAsync(None))?.Size ?? 0);
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    private async Task RunOutboxAsync(int[] steps)
    {
        StartAnew();
        var rows = new Dictionary<string, OutboxRow>();
        INodeStore store = await OpenAsync();
        try
        {
            foreach (int step in steps)
            {
                int argument = step / 4;
                string reference = $"r{argument % 3}";
                switch (step % 4)
                {
                    case 0 or 1:
                        OutboxRow draft = Draft(reference, argument % 2);
                        if (!rows.TryGetValue(reference, out OutboxRow? before))
                        {
                            rows[reference] = draft with { Id = rows.Count + 1 };
                        }
                        else if (before.State == OutboxState.Refused || (before.State is OutboxState.Draft or OutboxState.Withdrawn && !before.ContentHash.SequenceEqual(draft.ContentHash)))
                        {
                            rows[reference] = draft with { Id = before.Id };
                        }

                        Assert.Equivalent(rows[reference], Assert.Single(await store.AddDraftsAsync([draft], None)), strict: true);
                        break;
                    case 2 when rows.TryGetValue(reference, out OutboxRow? row):
                        rows[reference] = row with { State = (OutboxState)(1 + (argument % 6)), RecordId = Record(row.Id), Submission = Bytes("submission", argument, 50) };
                        await store.UpdateOutboxAsync([rows[reference]], None);
                        break;
                    case 3:
                        await store.DisposeAsync();
                        store = await OpenAsync();
                        break;
                }
            }

            Assert.Equivalent(rows.Values.OrderByDescending(row => row.Id).Select(row => row with { Draft = null, Submission = null }), await store.ListOutboxAsync(None).ToListAsync(), strict: true);
            foreach (OutboxState state in Enum.GetValues<OutboxState>())
            {
                Assert.Equivalent(rows.Values.Where(row => row.State == state).OrderBy(row => row.Id), await store.ReadOutboxAsync(state, 0, 100, None), strict: true);
            }
        }
        finally
        {
            await store.DisposeAsync();
        }
    }
}
