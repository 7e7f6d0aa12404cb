using Gateway.Storage.Broker;
using Gateway.Storage.Postgres;
using Gateway.Storage.Tests.Conformance;

namespace Gateway.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
[TestCaseOrderer(OnlyWithPostgres.TypeName, OnlyWithPostgres.AssemblyName)]
public sealed class PostgresBrokerStoreTests(PostgresCluster cluster) : BrokerStoreConformance
{
    private string? _connection;

    protected override async ValueTask<IBrokerStore> OpenAsync() =>
        await PostgresBrokerStore.OpenAsync(PostgresAddress.Parse(_connection ??= cluster.NewSchema()), TimeProvider.System, CancellationToken.None);

    protected override void StartAnew() => _connection = null;
}
