using Gateway.Storage.Audit;
using Gateway.Storage.Broker;
using Gateway.Storage.Postgres;
using Npgsql;
using static Gateway.Storage.Tests.Postgres.PostgresOpeningTests;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Postgres;

/// <summary>Several processes on one database: each store here is what one of them has open.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresSharingTests(PostgresCluster cluster)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [PostgresFact]
    public async Task Of_brokers_that_extend_one_head_at_once_one_does_and_the_others_are_told()
    {
        string connection = cluster.NewSchema();
        IBrokerStore[] stores = [await OpenBrokerAsync(connection), await OpenBrokerAsync(connection), await OpenBrokerAsync(connection)];
        for (ulong size = 0; size < 10; size++)
        {
            bool[] won = await Task.WhenAll(stores.Select(store => Task.Run(async () =>
            {
                try
                {
                    await store.AppendAsync(Append(DayLeaf(size)), None);
                    return true;
                }
                catch (LogMovedException moved)
                {
                    Assert.Equal(size, moved.Size);
                    return false;
                }
            })));
            Assert.Single(won, one => one);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(index => (ulong)index), (await stores[2].ReadLeavesAsync(0, 100, None).ToListAsync()).Select(leaf => leaf.Index));
        foreach (IBrokerStore store in stores) await store.DisposeAsync();
    }

    [PostgresFact]
    public async Task The_head_is_moved_once_even_where_nobody_waits_for_his_turn()
    {
        string connection = cluster.NewSchema();
        await using (IBrokerStore store = await OpenBrokerAsync(connection)) await store.AppendAsync(Append(DayLeaf(0)), None);
        PostgresSession[] sessions = [.. Enumerable.Range(0, 2).Select(_ => new PostgresSession(new NpgsqlConnection(connection), new Dialect()))];
        foreach (PostgresSession session in sessions) session.Connection.Open();
        NpgsqlTransaction first = sessions[0].Connection.BeginTransaction(), second = sessions[1].Connection.BeginTransaction();
        Assert.True(sessions[0].TryMoveHead(1, 2));
        Task<bool> waiting = Task.Run(() => sessions[1].TryMoveHead(1, 2));
        sessions[0].Settle();
        first.Commit();
        Assert.False(await waiting);
        second.Rollback();
        foreach (PostgresSession session in sessions) session.Dispose();
    }

    [PostgresFact]
    public async Task A_broker_hears_what_another_has_committed_and_nothing_that_was_not()
    {
        string connection = cluster.NewSchema();
        await using IBrokerStore mine = await OpenBrokerAsync(connection), theirs = await OpenBrokerAsync(connection);
        using CancellationTokenSource ended = new(TimeSpan.FromMinutes(1));
        await using IAsyncEnumerator<ulong> news = mine.FollowOthersAsync(ended.Token).GetAsyncEnumerator();
        Assert.True(await news.MoveNextAsync());
        Assert.Equal(0UL, news.Current);
        await theirs.AppendAsync(Append(DayLeaf(0), DayLeaf(1)), None);
        Assert.True(await news.MoveNextAsync());
        Assert.Equal(2UL, news.Current);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await theirs.AppendAsync(Append(WithdrawalLeaf(2, Record(9))) with { Withdrawals = [(Record(9), 2)] }, None));
        await theirs.AppendAsync(Append(DayLeaf(2)), None);
        Assert.True(await news.MoveNextAsync());
        Assert.Equal(3UL, news.Current);
    }

    [PostgresFact]
    public async Task What_two_brokers_count_adds_up_and_their_audits_make_one_chain()
    {
        string connection = cluster.NewSchema();
        IBrokerStore[] stores = [await OpenBrokerAsync(connection), await OpenBrokerAsync(connection)];
        await Task.WhenAll(stores.SelectMany(store => Enumerable.Range(0, 15).Select(number => Task.Run(async () =>
        {
            await store.AddUsageAsync([new QuotaUsage(Member(1), "strong", new Protocol.UtcDay(10), 2)], None);
            await store.Audit.AppendAsync([new AuditEvent(Noon, "operator ann", "approve", $"change {number}", "done")], None);
        }))));
        Assert.Equal(60, Assert.Single(await stores[0].ReadUsageAsync(new Protocol.UtcDay(0), None)).Count);
        AuditFinding finding = await AuditChain.VerifyAsync(stores[1].Audit.ReadAsync(1, None), null, None);
        Assert.Equal((30UL, null), (finding.Head!.Number, finding.Fault));
        foreach (IBrokerStore store in stores) await store.DisposeAsync();
    }
}
