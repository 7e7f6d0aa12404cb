using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Storage.Broker;
using Gateway.Storage.Copying;
using Gateway.Storage.Node;
using Gateway.Storage.Postgres;
using Gateway.Storage.Sqlite;
using Gateway.Storage.Tests.Sqlite;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class StoreCopyTests(PostgresCluster cluster) : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    [PostgresFact]
    public async Task A_broker_store_in_use_is_copied_with_its_root_and_goes_on_in_the_database()
    {
        string connection = cluster.NewSchema();
        PublishedRecord[] records = [.. Enumerable.Range(1, 40).Select(index => Published((ulong)index))];
        List<BrokerLeaf> leaves;
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.AppendAsync(Signed([DayLeaf(0), .. records.Select(record => RecordLeaf(record.Index))], records), None);
            await store.AddInvitationAsync(1);
            await store.AddUsageAsync([new QuotaUsage(Member(1), "strong", new UtcDay(10), 5)], None);
            await store.Audit.AppendAsync([new(Noon, "operator ann", "approve", "change 1", "done")], None);
            leaves = await store.ReadLeavesAsync(0, 100, None).ToListAsync();
            CopiedStore copied = StoreCopy.Copy(_file.Path, PostgresAddress.Parse(connection), TimeProvider.System, None);
            Assert.Equal((41UL, "Broker", RootOf(leaves)), (copied.Size, copied.Role, copied.Root));
            Assert.Equal(41, copied.Tables.Single(table => table.Name == "leaves").Rows);
        }

        await using PostgresBrokerStore moved = await PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, None);
        Assert.Equivalent(leaves, await moved.ReadLeavesAsync(0, 100, None).ToListAsync(), strict: true);
        Assert.Equivalent(records[7], await moved.FindRecordAsync(records[7].Id, None), strict: true);
        Assert.Equal(1UL, (await moved.Audit.ReadHeadAsync(None))!.Number);
        await moved.AppendAsync(Append(WithdrawalLeaf(41, records[7].Id)) with { Withdrawals = [(records[7].Id, 41)] }, None);
        Assert.Equal(41UL, (await moved.FindRecordAsync(records[7].Id, None))!.WithdrawnAt);
    }

    [PostgresFact]
    public async Task A_node_store_keeps_its_numbers_and_goes_on_behind_them()
    {
        string connection = cluster.NewSchema();
        OutboxRow gone;
        await using (SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.ApplyAsync(Apply(0, 3) with { Head = Note([.. Enumerable.Range(0, 3).Select(index => Leaf((ulong)index).LeafData)]), Records = [NodeRecord(1), NodeRecord(2)] }, None);
            await store.AddKnownAsync([Known(1, 1), Known(2, 2), Known(3)], None);
            gone = (await store.AddDraftsAsync([Draft("a"), Draft("b")], None))[1];
            await store.AddAlarmAsync(Alarm(1), None);
        }

        StoreCopy.Copy(_file.Path, PostgresAddress.Parse(connection), TimeProvider.System, None);
        await using PostgresNodeStore moved = await PostgresNodeStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, None);
        Assert.Equivalent(NodeRecord(2), await moved.ReadRecordAsync(2, None), strict: true);
        Assert.Equal([(1L, Hash(1)), (2L, Hash(2)), (3L, Hash(3))], await moved.ReadKnownHashesAsync(1, 0, None).ToListAsync());
        Assert.Equal(2, (await moved.ReadHitsAsync(None).ToListAsync()).Count);
        Assert.Equal(gone.Id + 1, Assert.Single(await moved.AddDraftsAsync([Draft("c")], None)).Id);
        await moved.AddKnownAsync([Known(2), Known(4)], None);
        Assert.Equal(4, (await moved.ReadKnownHashesAsync(1, 3, None).ToListAsync()).Single().Row);
    }

    [PostgresFact]
    public async Task A_target_that_holds_rows_is_refused_and_left_as_it_is()
    {
        string connection = cluster.NewSchema();
        await (await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None)).DisposeAsync();
        await using PostgresBrokerStore target = await PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, None);
        await target.AddUsageAsync([new QuotaUsage(Member(1), "strong", new UtcDay(10), 5)], None);
        StoreRefusedException error = Assert.Throws<StoreRefusedException>(() => StoreCopy.Copy(_file.Path, PostgresAddress.Parse(connection), TimeProvider.System, None));
        Assert.Contains("quota_usage", error.Message, StringComparison.Ordinal);
        Assert.Single(await target.ReadUsageAsync(new UtcDay(0), None));
    }

    [PostgresFact]
    public async Task A_damaged_row_or_a_wrong_root_ends_the_copy_and_leaves_nothing()
    {
        string connection = cluster.NewSchema();
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.AppendAsync(Signed([DayLeaf(0), DayLeaf(1)], []), None);
            await store.AppendAsync(Append(DayLeaf(2)), None); // Its checkpoint signs no root.
        }

        Assert.Contains("root", Assert.Throws<StoreCorruptException>(() => StoreCopy.Copy(_file.Path, PostgresAddress.Parse(connection), TimeProvider.System, None)).Message, StringComparison.Ordinal);
        _file.Execute("UPDATE leaves SET epoch = 1 WHERE idx = 1");
        Assert.Equal("leaves", Assert.Throws<StoreCorruptException>(() => StoreCopy.Copy(_file.Path, PostgresAddress.Parse(connection), TimeProvider.System, None)).Table);
        await using PostgresBrokerStore target = await PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, None);
        Assert.Null(await target.ReadHeadAsync(None));
    }

    private static LogAppend Signed(BrokerLeaf[] leaves, PublishedRecord[] records) => Append(leaves) with { Records = records, Head = Note([.. leaves.Select(leaf => leaf.LeafData)]) };

    private static LogHead Note(byte[][] leafData)
    {
        LogFrontier frontier = new();
        foreach (byte[] leaf in leafData) frontier.Append(LeafData.HashOf(leaf));
        using SigningKey key = SigningKey.FromSeed(Bytes("log key", 1, 32));
        return new LogHead(frontier.Size, SignedNote.Sign(new Checkpoint("test.example", frontier.Size, frontier.Root).ToText(), new LogSigner("test.example", key)).ToBytes());
    }

    private static TreeHash RootOf(IEnumerable<BrokerLeaf> leaves)
    {
        LogFrontier frontier = new();
        foreach (BrokerLeaf leaf in leaves) frontier.Append(LeafData.HashOf(leaf.LeafData));
        return frontier.Root;
    }
}
