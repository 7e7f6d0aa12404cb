using Gateway.Storage.Broker;
using Gateway.Storage.Postgres;
using Gateway.Storage.Sql;
using Npgsql;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class PostgresOpeningTests(PostgresCluster cluster)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [PostgresFact]
    public async Task A_store_of_the_other_role_is_refused_and_a_schema_each_keeps_them_apart()
    {
        string connection = cluster.NewSchema();
        await (await OpenBrokerAsync(connection)).DisposeAsync();
        StoreRefusedException error = await Assert.ThrowsAsync<StoreRefusedException>(async () => await PostgresNodeStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, None));
        Assert.Contains("holds a Broker store", error.Message, StringComparison.Ordinal);
        await (await PostgresNodeStore.OpenAsync(PostgresAddress.Parse(cluster.NewSchema()), TimeProvider.System, None)).DisposeAsync();
    }

    [PostgresFact]
    public async Task A_store_of_a_newer_program_is_refused()
    {
        string connection = cluster.NewSchema();
        await (await OpenBrokerAsync(connection)).DisposeAsync();
        cluster.Execute("INSERT INTO migrations VALUES (99, 'Broker', 'PostgresBroker/0099-later.sql', '')", connection);
        Assert.Contains("version 99", (await Assert.ThrowsAsync<StoreRefusedException>(async () => await OpenBrokerAsync(connection))).Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Tables_of_another_program_are_refused_and_left_alone()
    {
        string connection = cluster.NewSchema();
        cluster.Execute("CREATE TABLE theirs (x int)", connection);
        await Assert.ThrowsAsync<StoreRefusedException>(async () => await OpenBrokerAsync(connection));
        cluster.Execute("CREATE TABLE migrations (version int)", connection);
        Assert.Contains("another program", (await Assert.ThrowsAsync<StoreRefusedException>(async () => await OpenBrokerAsync(connection))).Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Brokers_that_open_an_empty_database_at_once_make_its_tables_once()
    {
        string connection = cluster.NewSchema();
        IBrokerStore[] stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await OpenBrokerAsync(connection))));
        foreach (IBrokerStore store in stores) await store.DisposeAsync();
    }

    [PostgresFact]
    public async Task A_session_that_does_not_wait_for_the_disk_is_refused()
    {
        StoreRefusedException error = await Assert.ThrowsAsync<StoreRefusedException>(async () => await OpenBrokerAsync(cluster.NewSchema() + ";Options=-c synchronous_commit=off"));
        Assert.Contains("synchronous_commit is off", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=/nowhere/at/all;Username=gateway;Password=hunter2;Database=postgres")]
    [InlineData("Host=127.0.0.1;Port=1;Username=gateway;Password=hunter2;Database=postgres;Timeout=2")]
    public async Task A_database_that_cannot_be_reached_is_told_from_a_wrong_one_and_its_password_is_never_said(string connection)
    {
        PostgresAddress address = PostgresAddress.Parse(connection);
        Exception error = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await PostgresBrokerStore.OpenAsync(address, TimeProvider.System, None));
        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString() + address, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Of_several_hosts_the_one_that_is_there_is_found()
    {
        string connection = cluster.NewSchema();
        string several = connection.Replace("Host=", "Host=/nowhere/at/all,", StringComparison.Ordinal) + ";Target Session Attributes=primary";
        await (await OpenBrokerAsync(several)).DisposeAsync();
        await (await OpenBrokerAsync(connection + ";Target Session Attributes=primary")).DisposeAsync();
    }

    [Theory]
    [InlineData("Host=db;Password=hunter2")]
    [InlineData("Host=db;Database=x;Port=hunter2")]
    [InlineData("Host=db;Database=x;Nonsense=hunter2")]
    [InlineData("Host=db;Database=x;Password='hunter2")]
    public void A_connection_string_that_cannot_be_used_is_refused_without_repeating_it(string connection)
    {
        Assert.True(PostgresAddress.IsOne(connection));
        Assert.DoesNotContain("hunter2", Assert.Throws<StoreRefusedException>(() => PostgresAddress.Parse(connection)).ToString(), StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_changed_row_is_not_served_and_a_log_with_a_gap_not_opened()
    {
        string connection = cluster.NewSchema();
        await using (IBrokerStore store = await OpenBrokerAsync(connection))
        {
            await store.AppendAsync(Append([.. Enumerable.Range(0, 20).Select(index => RecordLeaf((ulong)index))]), None);
            cluster.Execute("UPDATE items SET item = set_byte(item, 7, get_byte(item, 7) # 1) WHERE idx = 12", connection);
            StoreCorruptException error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await store.ReadLeavesAsync(0, 20, None).ToListAsync());
            Assert.Equal(("items", "12"), (error.Table, error.Row));
        }

        cluster.Execute("DELETE FROM leaves WHERE idx = 3", connection);
        await Assert.ThrowsAsync<StoreCorruptException>(async () => await OpenBrokerAsync(connection));
    }

    [PostgresFact]
    public async Task A_head_that_was_changed_beside_the_log_is_not_built_upon()
    {
        string connection = cluster.NewSchema();
        await using (IBrokerStore store = await OpenBrokerAsync(connection)) await store.AppendAsync(Append(DayLeaf(0)), None);
        cluster.Execute("UPDATE tree_head SET size = 2", connection);
        await Assert.ThrowsAsync<StoreCorruptException>(async () => await OpenBrokerAsync(connection));
    }

    internal static async Task<IBrokerStore> OpenBrokerAsync(string connection) => await PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, None);
}
