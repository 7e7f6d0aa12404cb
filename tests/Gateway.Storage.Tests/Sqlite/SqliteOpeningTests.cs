using Gateway.Storage.Broker;
using Gateway.Storage.Sqlite;
using static Gateway.Storage.Tests.Samples;

namespace Gateway.Storage.Tests.Sqlite;

public sealed class SqliteOpeningTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly StoreFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task The_file_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Windows has no file modes.
        }

        await using SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
        await store.AddAlarmAsync(Alarm(1), None);
        foreach (string path in Directory.GetFiles(Path.GetDirectoryName(_file.Path)!))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task The_write_ahead_log_is_written_back_while_the_store_is_open()
    {
        const int Batches = 24, Leaves = 64, ItemSize = 60_000;
        await using SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None);
        for (int batch = 0; batch < Batches; batch++)
        {
            LogAppend append = Append([.. Enumerable.Range(batch * Leaves, Leaves).Select(index => RecordLeaf((ulong)index, itemSize: ItemSize))]);
            await store.AppendAsync(append with { Tiles = [] }, None);
        }

        // 92 MB were written; the WAL is written back every 64 MiB.
        Assert.True(new FileInfo(_file.Path).Length > 32 * 1_048_576);
        Assert.InRange(new FileInfo(_file.Path + "-wal").Length, 1, 80 * 1_048_576);
    }

    [Fact]
    public async Task A_store_of_the_other_role_is_refused()
    {
        await (await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None)).DisposeAsync();
        StoreRefusedException error = await Assert.ThrowsAsync<StoreRefusedException>(async () => await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None));
        Assert.Contains("is a Broker store", error.Message, StringComparison.Ordinal);
        await (await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None)).DisposeAsync();
    }

    [Fact]
    public async Task A_store_of_a_newer_program_is_refused()
    {
        await (await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None)).DisposeAsync();
        _file.Execute("PRAGMA user_version = 99");
        StoreRefusedException error = await Assert.ThrowsAsync<StoreRefusedException>(async () => await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None));
        Assert.Contains("version 99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        _file.Execute("CREATE TABLE theirs (x)");
        byte[] before = await File.ReadAllBytesAsync(_file.Path);
        await Assert.ThrowsAsync<StoreRefusedException>(async () => await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None));
        Assert.Equal(before, await File.ReadAllBytesAsync(_file.Path));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await File.WriteAllTextAsync(_file.Path, string.Concat(Enumerable.Repeat("not a database ", 1000)));
        await Assert.ThrowsAsync<StoreCorruptException>(async () => await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None));
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_named_as_the_reason()
    {
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await SqliteBrokerStore.OpenAsync(Path.Combine(_file.Path, "nowhere", "store.db"), TimeProvider.System, None));
        Assert.Contains("folder exists", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM leaves WHERE idx = 1")]
    [InlineData("DELETE FROM leaves WHERE idx = 2")]
    [InlineData("DELETE FROM checkpoints")]
    public async Task A_log_with_a_gap_is_not_opened(string damage)
    {
        await using (SqliteBrokerStore store = await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None))
        {
            await store.AppendAsync(Append(DayLeaf(0), DayLeaf(1), DayLeaf(2)), None);
        }

        _file.Execute(damage);
        await Assert.ThrowsAsync<StoreCorruptException>(async () => await SqliteBrokerStore.OpenAsync(_file.Path, TimeProvider.System, None));
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        SqliteNodeStore store = await SqliteNodeStore.OpenAsync(_file.Path, TimeProvider.System, None);
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.ReadHeadAsync(None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.AddAlarmAsync(Alarm(1), None));
    }
}
