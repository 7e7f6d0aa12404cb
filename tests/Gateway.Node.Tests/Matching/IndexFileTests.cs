using Gateway.Matching.Index;
using Gateway.Node.Feed;
using Gateway.Node.Matching;
using Gateway.Node.Tests.Building;
using Gateway.Protocol;
using Gateway.Storage.Node;
using Gateway.Storage.Sqlite;

namespace Gateway.Node.Tests.Matching;

/// <summary>A start out of the index file knows what a start out of the store knows; a file that does not hold is made anew.</summary>
public sealed class IndexFileTests : IAsyncLifetime, IDisposable
{
    private const int Many = 30_000;
    private const uint Version = 0;

    private readonly string _folder = Directory.CreateTempSubdirectory("gw-index-").FullName;
    private readonly TestParty _party = new TestLog(new UtcDay(20_000)).Steward;
    private SqliteNodeStore _store = null!;

    private string File => Path.Combine(_folder, "node.index");

    private string StoreFile => Path.Combine(_folder, "node.db");

    public async Task InitializeAsync()
    {
        _store = await SqliteNodeStore.OpenAsync(StoreFile, TimeProvider.System, CancellationToken.None);
        await AddAsync(0, Many);
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_came_after_the_file_was_written_is_read_from_the_store()
    {
        await CheckAsync(Many);
        byte[] written = System.IO.File.ReadAllBytes(File);
        await AddAsync(Many, 10);
        await CheckAsync(Many + 10);
        Assert.Equal(written, System.IO.File.ReadAllBytes(File)); // Ten rows are not worth a segment.
        await AddAsync(Many + 10, 20_000);
        await CheckAsync(Many + 20_010);
        byte[] longer = System.IO.File.ReadAllBytes(File);
        Assert.Equal(written, longer[..written.Length]);
        Assert.True(longer.Length > written.Length);
        await CheckAsync(Many + 20_010);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(28)]
    [InlineData(90)]
    [InlineData(700_000)]
    [InlineData(-1)]
    public async Task A_bit_that_flipped_anywhere_costs_time_and_nothing_else(int place)
    {
        await CheckAsync(Many);
        byte[] sound = System.IO.File.ReadAllBytes(File);
        byte[] flipped = [.. sound];
        flipped[place < 0 ? flipped.Length + place : place] ^= 4;
        System.IO.File.WriteAllBytes(File, flipped);
        await CheckAsync(Many);
        Assert.Equal(sound, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public async Task A_segment_cut_off_while_it_was_written_is_written_again()
    {
        await CheckAsync(Many);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        System.IO.File.WriteAllBytes(File, whole[..^1_000]);
        await CheckAsync(Many);
        Assert.Equal(whole, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public async Task Another_nodes_file_is_not_believed()
    {
        await CheckAsync(Many);
        byte[] own = System.IO.File.ReadAllBytes(File);
        TestParty other = new TestLog(new UtcDay(20_000)).Second;
        using (NodeMatcher matcher = await NodeMatcher.LoadAsync(_store, new KnownCache(other.Keys, Gateway.Cryptography.RandomSource.System), NodeView.Empty, Gateway.Cryptography.RandomSource.System, TimeProvider.System, File, CancellationToken.None))
        {
            Assert.Equal(Many, matcher.Known.Count);
        }

        Assert.NotEqual(own, System.IO.File.ReadAllBytes(File));
        await CheckAsync(Many);
    }

    [Fact]
    public async Task An_identifier_that_the_store_has_given_up_is_unknown_though_the_file_names_it()
    {
        await CheckAsync(Many);
        await SqlAsync("DELETE FROM known WHERE id = 5; DELETE FROM known_tags WHERE id = 5");
        using NodeMatcher matcher = await LoadAsync();
        Assert.Equal(Many - 1, matcher.Known.Count);
        Assert.Equal(KnownState.Unknown, matcher.Known.Find(HashOf(4)));
    }

    [Fact]
    public async Task Forgetting_gives_the_file_up_before_the_store_gives_up_the_row()
    {
        using (NodeMatcher matcher = await LoadAsync())
        {
            Assert.True(System.IO.File.Exists(File));
            await matcher.ForgetAsync([(await _store.FindKnownAsync(Version, HashOf(7), CancellationToken.None))!], Version, CancellationToken.None);
            Assert.False(System.IO.File.Exists(File));
        }

        using NodeMatcher again = await LoadAsync();
        Assert.Equal(Many - 1, again.Known.Count);
        Assert.Equal(KnownState.Unknown, again.Known.Find(HashOf(7)));
    }

    [Fact]
    public async Task A_store_put_back_from_a_backup_is_not_mixed_with_the_newer_file()
    {
        await CheckAsync(Many);
        await SqlAsync($"DELETE FROM known WHERE id > {Many - 100}; DELETE FROM known_tags WHERE id > {Many - 100}");
        await AddAsync(500_000, 200);
        using NodeMatcher matcher = await LoadAsync();
        Assert.Equal(Many + 100, matcher.Known.Count);
        Assert.Equal(KnownState.Unknown, matcher.Known.Find(HashOf(Many - 1)));
        Assert.Equal(KnownState.Clear, matcher.Known.Find(HashOf(500_000)));
    }

    private async Task CheckAsync(int known)
    {
        using NodeMatcher matcher = await LoadAsync();
        Assert.Equal(known, matcher.Known.Count);
        for (int i = 0; i < known; i += 97)
        {
            Assert.Equal(KnownState.Clear, matcher.Known.Find(HashOf(i)));
            Assert.True(matcher.IsWatched(TagOf(i)));
        }

        Assert.Equal(KnownState.Unknown, matcher.Known.Find(HashOf(known)));
        Assert.False(matcher.IsWatched(TagOf(known)));
    }

    private Task<NodeMatcher> LoadAsync() => NodeMatcher.LoadAsync(
        _store, new KnownCache(_party.Keys, Gateway.Cryptography.RandomSource.System), NodeView.Empty, Gateway.Cryptography.RandomSource.System, TimeProvider.System, File, CancellationToken.None);

    private async Task AddAsync(int first, int count)
    {
        CircleId circle = CircleId.FromBytes(new byte[CircleId.Size]);
        await _store.AddKnownAsync([.. Enumerable.Range(first, count).Select(i => new KnownIdentifier(Version, HashOf(i), [1], new UtcDay(20_000)) { Tags = [new KnownTag(TagOf(i), HashOf(i), circle, 0)] })], CancellationToken.None);
    }

    private async Task SqlAsync(string sql)
    {
        await _store.DisposeAsync();
        using (Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={StoreFile};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        _store = await SqliteNodeStore.OpenAsync(StoreFile, TimeProvider.System, CancellationToken.None);
    }

    private static UInt128 HashOf(int number) => new((ulong)number * 0x9E3779B97F4A7C15, (ulong)(number + 1) * 0xBF58476D1CE4E5B9);

    private static Tag TagOf(int number) => Tag.FromUInt128(~HashOf(number));
}
