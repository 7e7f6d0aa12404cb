using FsCheck;
using FsCheck.Fluent;
using Gateway.Protocol;
using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Conformance;

public abstract partial class BrokerStoreConformance
{
    /// <summary>Makes the next <see cref="OpenAsync"/> open an empty store.</summary>
    protected abstract void StartAnew();

    [Fact]
    public void Any_sequence_of_appends_withdrawals_expiries_and_restarts_leaves_what_a_list_would_hold() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(40),
        Prop.ForAll(Gen.Choose(0, 9999).ArrayOf().ToArbitrary(), (int[] steps) => RunAsync(steps).GetAwaiter().GetResult()));

    private async Task RunAsync(int[] steps)
    {
        StartAnew();
        var model = new List<(BrokerLeaf Leaf, PublishedRecord? Record)>();
        IBrokerStore store = await OpenAsync();
        try
        {
            foreach (int step in steps)
            {
                int argument = step / 5;
                ulong size = (ulong)model.Count;
                switch (step % 5)
                {
                    case 0:
                        BrokerLeaf[] leaves = [.. Enumerable.Range(0, 1 + (argument % 4)).Select(offset => RecordLeaf(size + (ulong)offset))];
                        PublishedRecord[] records = [.. leaves.Select(leaf => Published(leaf.Index, expiry: (uint)(100 + (argument % 7))))];
                        await store.AppendAsync(Append(leaves) with { Records = records }, None);
                        model.AddRange(leaves.Zip(records, (leaf, record) => (leaf, (PublishedRecord?)record)));
                        break;
                    case 1:
                        await store.AppendAsync(Append(DayLeaf(size)), None);
                        model.Add((DayLeaf(size), null));
                        break;
                    case 2 when model.FindIndex(argument % Math.Max(1, model.Count), row => row.Record is not null) is var index and >= 0:
                        PublishedRecord record = model[index].Record!;
                        await store.AppendAsync(Append(WithdrawalLeaf(size, record.Id)) with { Withdrawals = [(record.Id, size)] }, None);
                        ulong withdrawnAt = record.WithdrawnAt ?? size;
                        model[index] = (model[index].Leaf with { Item = null, WithdrawnAt = withdrawnAt }, record with { WithdrawnAt = withdrawnAt });
                        model.Add((WithdrawalLeaf(size, record.Id), null));
                        break;
                    case 3:
                        var day = new UtcDay((uint)(100 + (argument % 9)));
                        int[] expired = [.. Enumerable.Range(0, model.Count).Where(row => model[row].Leaf.Item is not null && model[row].Record!.Expiry < day)];
                        Assert.Equal(expired.Length, await store.DeleteExpiredItemsAsync(day, int.MaxValue, None));
                        foreach (int row in expired)
                        {
                            model[row] = (model[row].Leaf with { Item = null }, model[row].Record);
                        }

                        break;
                    case 4:
                        await store.DisposeAsync();
                        store = await OpenAsync();
                        break;
                }
            }

            Assert.Equivalent(model.Select(row => row.Leaf), await store.ReadLeavesAsync(0, ulong.MaxValue, None).ToListAsync(), strict: true);
            foreach (PublishedRecord record in model.Select(row => row.Record).OfType<PublishedRecord>())
            {
                Assert.Equivalent(record, await store.FindRecordAsync(record.Id, None), strict: true);
            }

            var today = new UtcDay(103);
            int live = model.Count(row => row.Record is { WithdrawnAt: null } record && record.Expiry >= today);
            Assert.Equal(live, (await store.CountLiveRecordsAsync(today, None)).Values.Sum());
            Assert.Equal(model.Count == 0 ? null : (ulong)model.Count, (await store.ReadHeadAsync(None))?.Size);
        }
        finally
        {
            await store.DisposeAsync();
        }
    }
}
