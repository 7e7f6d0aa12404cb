using Gateway.Storage.Broker;
using Gateway.Storage.Postgres;
using Gateway.Storage.Tests.Conformance;

namespace Gateway.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
[TestCaseOrderer(OnlyWithPostgres.TypeName, OnlyWithPostgres.AssemblyName)]
public sealed class PostgresBrokerStoreTests(PostgresCluster cluster) : BrokerStoreConformance, IDisposable
{
    private string? _connection;

    public void Dispose() => StartAnew();

    protected override async ValueTask<IBrokerStore> OpenAsync() => await OpenAsync(_connection ??= await cluster.NewCopyAsync("broker", async connection => await (await OpenAsync(connection)).DisposeAsync()));

    protected override void StartAnew()
    {
        if (_connection is not null) cluster.DropCopy(_connection);
        _connection = null;
    }

    private static ValueTask<PostgresBrokerStore> OpenAsync(string connection) => PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, CancellationToken.None);
}
