using Gateway.Storage.Node;
using Gateway.Storage.Postgres;
using Gateway.Storage.Tests.Conformance;

namespace Gateway.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
[TestCaseOrderer(OnlyWithPostgres.TypeName, OnlyWithPostgres.AssemblyName)]
public sealed class PostgresNodeStoreTests(PostgresCluster cluster) : NodeStoreConformance
{
    private string? _connection;

    protected override async ValueTask<INodeStore> OpenAsync() =>
        await PostgresNodeStore.OpenAsync(PostgresAddress.Parse(_connection ??= cluster.NewSchema()), TimeProvider.System, CancellationToken.None);

    protected override void StartAnew() => _connection = null;
}
