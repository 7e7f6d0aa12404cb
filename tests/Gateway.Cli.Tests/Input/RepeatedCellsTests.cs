using CsvHelper;
using Gateway.Cli.Input;

namespace Gateway.Cli.Tests.Input;

public sealed class RepeatedCellsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_in_one_piece_are_never_taken_for_single_ones_that_are_written_alike()
    {
        // The second row's cells, each behind its length, are byte for byte what stands in the first row: a comma is the number 44.
        string cell = new('x', 44);
        RepeatedCells cells = new();
        UInt128? piece = KeyOf(cells, $",\0\0\0{cell}\0\0\0\0\n", [0, 1]);
        UInt128? single = KeyOf(cells, $",{cell}\n", [1, 0]);
        Assert.NotNull(piece);
        Assert.NotNull(single);
        Assert.NotEqual(piece, single);
        Assert.Equal(piece, KeyOf(cells, $",\0\0\0{cell}\0\0\0\0\n", [0, 1]));
        Assert.Equal(single, KeyOf(cells, $",{cell}\n", [1, 0]));
    }

    private UInt128? KeyOf(RepeatedCells cells, string row, int[] places)
    {
        string path = _folder.Write("rows.csv", row);
        using CsvReader csv = CsvReader.FromFile(path, new CsvReaderOptions { Separator = ',', HasHeader = false });
        Assert.True(csv.Read());
        return cells.KeyOf(new LazyFields(csv, places), 0, places.Length);
    }
}
