using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Ledger.Tests;

public sealed class TileIdTests
{
    [Theory]
    [InlineData(0, 0UL, 256, "tile/0/000")]
    [InlineData(0, 1_234_067UL, 256, "tile/0/x001/x234/067")]
    [InlineData(1, 273UL, 112, "tile/1/273.p/112")]
    [InlineData(2, 1_000UL, 1, "tile/2/x001/000.p/1")]
    [InlineData(7, ulong.MaxValue, 255, "tile/7/x018/x446/x744/x073/x709/x551/615.p/255")]
    public void Paths_are_those_of_C2SP(int level, ulong index, int width, string path)
    {
        var id = new TileId(level, index);
        Assert.Equal(path, id.ToPath(width));
        Assert.True(TileId.TryParsePath(path, out TileId read, out int readWidth));
        Assert.Equal((id, width), (read, readWidth));
    }

    [Fact]
    public void Every_path_is_read_back() =>
        Prop.ForAll(Gen.Choose(0, 7).ToArbitrary(), ArbMap.Default.ArbFor<ulong>(), Gen.Choose(1, 256).ToArbitrary(), (level, index, width) =>
            TileId.TryParsePath(new TileId(level, index).ToPath(width), out TileId id, out int read) && id == new TileId(level, index) && read == width)
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("tile/0/1")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/00/000")]
    [InlineData("tile/8/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/entries/000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/001/001")]
    [InlineData("tile/0/x001")]
    [InlineData("tile/0/x001/x001")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000/5")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000/")]
    [InlineData("tile/0/../000")]
    [InlineData("other/0/000")]
    [InlineData("tile/0/x018/x446/x744/x073/x709/x551/616")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999")]
    public void Any_other_spelling_is_refused(string? path) => Assert.False(TileId.TryParsePath(path, out _, out _));
}
