using Gateway.Protocol;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Sqlite;

/// <summary>What an acknowledgement states, looked at from outside: after the deletion no byte of a record is in any of the store's files, the journal included, while the store stays open.</summary>
public sealed class ErasureTests : IDisposable
{
    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    public async Task No_byte_of_what_ended_is_left_in_the_stores_files(int count)
    {
        await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, CancellationToken.None);

        // Items of many sizes, so that they stand in cells and in overflow pages; every second record stays.
        NodeRecord[] records = [.. Enumerable.Range(1, 2 * count).Select(number => NodeRecord(number) with { Item = Bytes("item", number, 1_100 + (number % 17 * 1_024)) })];
        int batch = 0;
        foreach (NodeRecord[] some in records.Chunk(50)) await store.ApplyAsync(Apply((ulong)batch++, 1) with { Records = some, Hits = [.. some.Select(record => new StoredHit(Hash(record.Number), record.Number))] }, CancellationToken.None);
        await store.AddPastAsync(new StoredPastShipments(0, new UtcDay(1), 1, Bytes("past", 1, 500)), [], CancellationToken.None);
        await store.SaveAlertsAsync([.. records.Select(AlertOf)], [], CancellationToken.None);
        NodeRecord[] ended = [.. records.Where(record => record.Number % 2 == 1)], kept = [.. records.Where(record => record.Number % 2 == 0)];
        Assert.All(ended, record => Assert.True(Holds(Needles(record)[0]), $"record {record.Number} was never there"));

        await store.ApplyAsync(Apply((ulong)batch, 1) with { Ended = [.. ended.Select(record => (record.Number, NodeRecordState.Withdrawn))] }, CancellationToken.None);
        Assert.True(Holds(Needles(ended[0])[0]), "the test would pass without a deletion");
        Assert.Equal(ended.Length, await store.DeleteEndedAsync(ulong.MaxValue, int.MaxValue, CancellationToken.None));
        Assert.True(await store.TryEraseAsync(CancellationToken.None));

        byte[][] files = Files();
        foreach (NodeRecord record in ended)
        {
            foreach (byte[] needle in Needles(record)) Assert.False(files.Any(file => file.AsSpan().IndexOf(needle) >= 0), $"bytes of record {record.Number} are left");
        }

        Assert.All(kept, record => Assert.Contains(files, file => file.AsSpan().IndexOf(Needles(record)[0]) >= 0));
    }

    // Beginning, middle and end of the item, a tag, and what the alert had opened.
    private static byte[][] Needles(NodeRecord record) =>
        [record.Item![..24], record.Item![(record.Item.Length / 2)..][..24], record.Item[^24..], record.Tags[32..48], Bytes("opened", record.Number, 700)[100..132]];

    private static StoredAlert AlertOf(NodeRecord record) => new()
    {
        Kind = AlertSubject.Seller, Subject = Bytes("subject", record.Number, 32), Record = record.Number, Weight = 1, RaisedAt = Noon, About = Bytes("about", record.Number, 80), Opened = Bytes("opened", record.Number, 700),
    };

    private bool Holds(byte[] needle) => Files().Any(file => file.AsSpan().IndexOf(needle) >= 0);

    private byte[][] Files() => [.. Directory.GetFiles(Path.GetDirectoryName(_file.Path)!).Select(path =>
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    })];
}
