using Gateway.Storage.Broker;
using static Gateway.Storage.Tests.Postgres.PostgresOpeningTests;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Postgres;

/// <summary>The database goes away under an open store, and comes back.</summary>
public sealed class PostgresLossTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly PostgresCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [PostgresFact]
    public async Task A_store_whose_database_is_lost_says_so_and_goes_on_by_itself_with_all_that_was_acknowledged()
    {
        string connection = _cluster.NewSchema();
        await using IBrokerStore store = await OpenBrokerAsync(connection);
        ulong size = 0;
        foreach (bool atOnce in (bool[])[false, true, true])
        {
            await store.AppendAsync(Append([.. Enumerable.Range((int)size, 30).Select(index => RecordLeaf((ulong)index))]), None);
            size += 30;
            _cluster.Stop(atOnce);
            for (int attempt = 0; attempt < 3; attempt++)
            {
                await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Append(DayLeaf(size)), None));
                await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReadHeadAsync(None));
            }

            _cluster.Start();
            Assert.Equal(size, (await store.ReadHeadAsync(None))!.Size);
            Assert.Equal((int)size, (await store.ReadLeavesAsync(0, size, None).ToListAsync()).Count);
        }

        await store.AppendAsync(Append(DayLeaf(size)), None);
    }

    [PostgresFact]
    public async Task Who_listens_listens_again()
    {
        string connection = _cluster.NewSchema();
        await using IBrokerStore mine = await OpenBrokerAsync(connection), theirs = await OpenBrokerAsync(connection);
        using CancellationTokenSource ended = new(TimeSpan.FromMinutes(1));
        await using IAsyncEnumerator<ulong> news = mine.FollowOthersAsync(ended.Token).GetAsyncEnumerator();
        await news.MoveNextAsync();
        _cluster.Stop(atOnce: true);
        Task<bool> next = news.MoveNextAsync().AsTask();
        _cluster.Start();
        Assert.True(await next);
        Assert.Equal(0UL, news.Current);
        await theirs.AppendAsync(Append(DayLeaf(0)), None);
        Assert.True(await news.MoveNextAsync());
        Assert.Equal(1UL, news.Current);
    }

    [PostgresFact]
    public async Task A_connection_that_an_administrator_ends_costs_nothing_that_was_not_begun()
    {
        string connection = _cluster.NewSchema();
        await using IBrokerStore store = await OpenBrokerAsync(connection);
        await store.AppendAsync(Append(DayLeaf(0)), None);
        _cluster.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway' AND pid <> pg_backend_pid()");
        await store.AppendAsync(Append(DayLeaf(1)), None);
        Assert.Equal(2UL, (await store.ReadHeadAsync(None))!.Size);
    }
}
