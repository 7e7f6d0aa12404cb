using Gateway.Storage.Broker;
using Gateway.Storage.Sqlite;
using Gateway.Storage.Tests.Conformance;

namespace Gateway.Storage.Tests.Sqlite;

public sealed class SqliteBrokerStoreTests : BrokerStoreConformance, IDisposable
{
    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    protected override async ValueTask<IBrokerStore> OpenAsync() => await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, CancellationToken.None);
}
