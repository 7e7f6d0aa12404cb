using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using Gateway.Storage.Tests.Conformance;

namespace Gateway.Storage.Tests.Sqlite;

public sealed class SqliteNodeStoreTests : NodeStoreConformance, IDisposable
{
    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    protected override async ValueTask<INodeStore> OpenAsync() => await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, CancellationToken.None);
}
