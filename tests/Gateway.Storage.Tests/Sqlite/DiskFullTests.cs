using Gateway.Protocol;
using Gateway.Storage.Broker;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Sqlite;

/// <summary>SQLite itself refuses pages above max_page_count with the error of a full disk.</summary>
public sealed class DiskFullTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task A_broker_whose_disk_is_full_refuses_reads_on_and_goes_on_when_there_is_space()
    {
        LogAppend first = Append([.. Enumerable.Range(0, 50).Select(index => RecordLeaf((ulong)index))]);
        LogAppend second = Append([.. Enumerable.Range(50, 500).Select(index => RecordLeaf((ulong)index))]) with { Usage = [new QuotaUsage(Member(1), "records", new UtcDay(1), 500)] };
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.AppendAsync(first, None);
            await LimitAsync(store.File, 80);
            for (int attempt = 0; attempt < 3; attempt++)
            {
                StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(second, None));
                Assert.Contains("full", error.Message, StringComparison.Ordinal);
                Assert.Equal(50, (await store.ReadLeavesAsync(0, 1000, None).ToListAsync()).Count);
                Assert.Equal(50UL, (await store.ReadHeadAsync(None))!.Size);
                Assert.Empty(await store.ReadUsageAsync(new UtcDay(0), None));
            }

            await LimitAsync(store.File, 1_000_000);
            await store.AppendAsync(second, None);
        }

        await using SqliteBrokerStore reopened = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
        Assert.Equivalent(first.Leaves.Concat(second.Leaves), await reopened.ReadLeavesAsync(0, 1000, None).ToListAsync(), strict: true);
        Assert.Equal(500, Assert.Single(await reopened.ReadUsageAsync(new UtcDay(0), None)).Count);
    }

    [Fact]
    public async Task A_node_whose_disk_is_full_refuses_reads_on_and_goes_on_when_there_is_space()
    {
        FeedApply second = Apply(1, 300) with { Records = [.. Enumerable.Range(2, 300).Select(number => NodeRecord(number))], Ended = [(1, NodeRecordState.Withdrawn)] };
        await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
        await store.ApplyAsync(Apply(0, 1) with { Records = [NodeRecord(1)] }, None);
        await LimitAsync(store.File, 60);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ApplyAsync(second, None));
        Assert.Equivalent(NodeRecord(1), await store.ReadRecordAsync(1, None), strict: true);
        Assert.Equal(1UL, (await store.ReadHeadAsync(None))!.Size);
        await LimitAsync(store.File, 1_000_000);
        await store.ApplyAsync(second, None);
        Assert.Equal(300, (await store.ReadLiveTagsAsync(None).ToListAsync()).Count);
        Assert.Equal(301UL, (await store.ReadHeadAsync(None))!.Size);
    }

    [Fact]
    public async Task A_locked_store_says_who_to_look_for_and_goes_on_afterwards()
    {
        await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
        await store.File.MaintainAsync(session => session.Start("PRAGMA busy_timeout = 0").Run(), None);
        using (Microsoft.Data.Sqlite.SqliteConnection other = _file.Open())
        {
            using Microsoft.Data.Sqlite.SqliteTransaction transaction = other.BeginTransaction(deferred: false);
            StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AddAlarmAsync(Alarm(1), None));
            Assert.Contains("locked by another program", error.Message, StringComparison.Ordinal);
        }

        await store.AddAlarmAsync(Alarm(1), None);
        Assert.Single(await store.ReadAlarmsAsync(10, None));
    }

    private static ValueTask LimitAsync(SqliteFile file, int pages) => file.MaintainAsync(session => session.Start($"PRAGMA max_page_count = {pages}").Run(), None);
}
