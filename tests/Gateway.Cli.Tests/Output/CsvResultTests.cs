using Gateway.Cli.Output;

namespace Gateway.Cli.Tests.Output;

public sealed class CsvResultTests
{
    [Theory]
    [InlineData("=HYPERLINK(\"http://x\")")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\tx")]
    [InlineData("\rx")]
    public void A_field_that_a_spreadsheet_would_run_gets_an_apostrophe(string field)
    {
        using TemporaryFolder folder = new();
        using (CsvResult result = new(folder.File("r.csv"), "a", "b")) result.Write(field, "plain");
        string row = File.ReadAllText(folder.File("r.csv"))["a,b\r\n".Length..];
        Assert.StartsWith("'" + field[0], row.TrimStart('"'), StringComparison.Ordinal);
        Assert.EndsWith(",plain\r\n", row, StringComparison.Ordinal);
    }
}
