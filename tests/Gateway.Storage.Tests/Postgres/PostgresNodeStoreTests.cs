using Gateway.Storage.Node;
using Gateway.Storage.Postgres;
using Gateway.Storage.Tests.Conformance;

namespace Gateway.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
[TestCaseOrderer(OnlyWithPostgres.TypeName, OnlyWithPostgres.AssemblyName)]
public sealed class PostgresNodeStoreTests(PostgresCluster cluster) : NodeStoreConformance, IDisposable
{
    private string? _connection;

    public void Dispose() => StartAnew();

    protected override async ValueTask<INodeStore> OpenAsync() => await OpenAsync(_connection ??= await cluster.NewCopyAsync("node", async connection => await (await OpenAsync(connection)).DisposeAsync()));

    protected override void StartAnew()
    {
        if (_connection is not null) cluster.DropCopy(_connection);
        _connection = null;
    }

    private static ValueTask<PostgresNodeStore> OpenAsync(string connection) => PostgresNodeStore.OpenAsync(PostgresAddress.Parse(connection), TimeProvider.System, CancellationToken.None);
}
