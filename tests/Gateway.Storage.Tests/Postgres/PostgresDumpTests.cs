using Gateway.Storage.Backup;
using Gateway.Storage.Broker;
using Gateway.Storage.Postgres;
using static Gateway.Storage.Tests.Postgres.PostgresOpeningTests;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Postgres;

/// <summary>A store in PostgreSQL, saved by pg_dump while it is open and put back by pg_restore.</summary>
public sealed class PostgresDumpTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly PostgresCluster _cluster = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-dump-").FullName;

    public void Dispose()
    {
        _cluster.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [PostgresFact]
    public async Task What_was_saved_comes_back_into_an_empty_schema_and_never_over_tables()
    {
        string connection = _cluster.NewSchema(), saved = Path.Combine(_folder, "store.pgdump");
        PostgresAddress address = PostgresAddress.Parse(connection);
        string schema = PostgresDump.SchemaOf(address);
        await using (IBrokerStore store = await OpenBrokerAsync(connection))
        {
            await store.Changes.AddFirstOperatorsAsync(["ann", "ben"], Noon, None);
            await PostgresDump.SaveAsync(address, saved, None);
            await store.Audit.AppendAsync([new(Noon, "operator ann", "ProposeChange", "change 1", "done", 1)], None);
        }

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(saved));
        await Assert.ThrowsAsync<StoreRefusedException>(() => PostgresDump.RestoreAsync(address, saved, None));
        _cluster.Execute($"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}");
        Assert.Equal(0UL, (await PostgresDump.RestoreAsync(address, saved, None)).Size);
        await using IBrokerStore restored = await OpenBrokerAsync(connection);
        Assert.Equal(["ann", "ben"], (await restored.Changes.ReadOperatorsAsync(None)).Select(one => one.Name).Order());
        Assert.Empty(await restored.Audit.ReadAsync(1, None).ToListAsync()); // It came after the saving.
    }

    [PostgresFact]
    public async Task A_saved_store_whose_leaves_do_not_have_the_root_of_its_checkpoint_is_found_out()
    {
        string connection = _cluster.NewSchema(), saved = Path.Combine(_folder, "store.pgdump");
        PostgresAddress address = PostgresAddress.Parse(connection);
        string schema = PostgresDump.SchemaOf(address);
        await using (IBrokerStore store = await OpenBrokerAsync(connection)) await store.AppendAsync(Append(RecordLeaf(0)), None);
        await PostgresDump.SaveAsync(address, saved, None);
        _cluster.Execute($"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}");
        await Assert.ThrowsAsync<StoreCorruptException>(() => PostgresDump.RestoreAsync(address, saved, None)); // The sample's checkpoint is of nothing.
    }

    [PostgresFact]
    public async Task A_database_that_cannot_be_reached_is_told_by_the_tool_without_its_password()
    {
        PostgresAddress address = PostgresAddress.Parse("Host=127.0.0.1;Port=1;Database=none;Username=gateway;Password=do-not-tell");
        PostgresToolException fault = await Assert.ThrowsAsync<PostgresToolException>(() => PostgresDump.SaveAsync(address, Path.Combine(_folder, "none.pgdump"), None));
        Assert.Equal("pg_dump", fault.Program);
        Assert.DoesNotContain("do-not-tell", fault.ToString(), StringComparison.Ordinal);
    }
}
