using System.Text;
using System.Text.RegularExpressions;
using Gateway.Cli.Samples;

namespace Gateway.Cli.Tests.Samples;

public class SampleFileTests(ComposedSample sample) : IClassFixture<ComposedSample>
{
    private static readonly string[] Files =
    [
        "actors-retailer-one.csv", "actors-retailer-two.csv", "manifest.csv", "planted.csv", "actors-with-errors.csv", "manifest-with-errors.csv", "expected-errors.csv",
    ];

    [Fact]
    public void Composing_twice_gives_identical_bytes()
    {
        using ComposedSample again = new();
        Assert.All(Files, file => Assert.True(sample.Bytes(file).AsSpan().SequenceEqual(again.Bytes(file)), file));
    }

    [Fact]
    public void Headers_are_those_that_the_format_page_lists()
    {
        string page = File.ReadAllText(Path.Combine(sample.Root, "docs", "formats.md"));
        int manifest = page.IndexOf("## Manifest", StringComparison.Ordinal);
        List<string> actorColumns = [.. Columns(page[page.IndexOf("## Actors", StringComparison.Ordinal)..manifest]).SelectMany(row => row.Names)];
        List<string> manifestColumns = [.. Columns(page[manifest..page.IndexOf("\n## ", manifest + 1, StringComparison.Ordinal)]).SelectMany(row => row.Names.SelectMany(name =>
            name.EndsWith('…') ? row.Described.Select(field => name[..^1] + field) : [name]))];
        Assert.Equal(actorColumns, Header("actors-retailer-one.csv"));
        Assert.Equal(actorColumns, Header("actors-retailer-two.csv"));
        Assert.Equal(actorColumns, Header("actors-with-errors.csv"));
        Assert.Equal(manifestColumns, Header("manifest.csv"));
        Assert.Equal(manifestColumns, Header("manifest-with-errors.csv"));
    }

    [Fact]
    public void The_source_data_stays_small() =>
        Assert.InRange(new DirectoryInfo(Path.Combine(sample.Root, "samples")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length), 1_000_000, 4_000_000);

    [Fact]
    public void Every_fault_in_the_actors_with_errors_stands_where_the_list_says()
    {
        IReadOnlyList<Row> rows = sample.Read("actors-with-errors.csv");
        Dictionary<string, Row> bad = Faults("actors-with-errors.csv").ToDictionary(fault => fault.Fault, fault => rows[fault.Line - 2]);
        Assert.InRange(rows.Count, 20, 24);
        Assert.Equal(8, bad.Count);
        Assert.False(CheckDigits.IsIban(bad["the check digits of the IBAN do not hold"]["ibans"]));
        Assert.Empty(bad["the name is missing"]["name"]);
        Assert.Equal("SHOES", bad["no goods category is called so"]["category"]);
        Assert.False(DateOnly.TryParseExact(bad["not a date YYYY-MM-DD"]["first_seen"], "yyyy-MM-dd", out _));
        Assert.Equal(5000, bad["longer than any name (5,000 characters)"]["name"].Length);
        Assert.False(CheckDigits.IsContainer(bad["the check digit of the container does not hold"]["containers"]));
        Assert.Empty(bad["the evidence grade is missing"]["evidence"]);
        Assert.Equal("XX", bad["no ISO 3166-1 alpha-2 code"]["country"]);
    }

    [Fact]
    public void Every_fault_in_the_manifest_with_errors_stands_where_the_list_says()
    {
        // Latin-1 keeps every byte, so that the row that is not UTF-8 can be looked at too.
        string[] lines = Encoding.Latin1.GetString(sample.Bytes("manifest-with-errors.csv")).Split("\r\n");
        string[] header = lines[0].Split(',');
        Dictionary<string, string> bad = Faults("manifest-with-errors.csv").ToDictionary(fault => fault.Fault, fault => lines[fault.Line - 1]);
        Assert.Equal(13, bad.Count);
        Assert.Equal(20, Fields(bad["fewer fields than the header has"]).Length);
        Assert.Equal(header.Length + 2, Fields(bad["more fields than the header has"]).Length);
        string At(string fault, string column) => Fields(bad[fault])[Array.IndexOf(header, column)];
        Assert.False(DateOnly.TryParseExact(At("not a date YYYY-MM-DD", "arrival"), "yyyy-MM-dd", out _));
        Assert.False(CheckDigits.IsContainer(At("the check digit of the container does not hold", "container")));
        Assert.False(CheckDigits.IsAirWaybill(At("the check digit of the air waybill does not hold", "air_waybill")));
        Assert.False(CheckDigits.IsPostalItem(At("the check digit of the postal item does not hold", "postal_item")));
        Assert.Equal(2, lines.Count(line => line.StartsWith(At("stands twice in the file", "shipment_id") + ",", StringComparison.Ordinal)));
        Assert.Empty(At("is missing", "shipment_id"));
        Assert.Equal("ROCKET", At("no transport mode is called so", "transport_mode"));
        Assert.Equal("12,5", At("not a number with a decimal point", "mass_kg"));
        Assert.Equal("Korea", At("no ISO 3166-1 alpha-2 code", "country_of_origin"));
        Assert.Throws<DecoderFallbackException>(() => new UTF8Encoding(false, true).GetString(Encoding.Latin1.GetBytes(bad["not UTF-8: the byte E9 stands alone"])));
        Assert.False(CheckDigits.IsUscc(At("the check character of the credit code does not hold", "consignor_registration")[3..]));
    }

    private static string[] Fields(string line) => [.. Regex.Matches(line, "(?<=^|,)(?:\"((?:[^\"]|\"\")*)\"|([^,]*))").Select(match => match.Groups[1].Value + match.Groups[2].Value)];

    private static IEnumerable<(List<string> Names, List<string> Described)> Columns(string section) =>
        section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|')).Select(cells => (Quoted(cells[1]), Quoted(cells[3])));

    private static List<string> Quoted(string cell) => [.. Regex.Matches(cell, "`([^`]+)`").Select(match => match.Groups[1].Value)];

    private string[] Header(string file) => Encoding.UTF8.GetString(sample.Bytes(file)).Split("\r\n")[0].Split(',');

    private IEnumerable<(int Line, string Fault)> Faults(string file) => sample.Read("expected-errors.csv").Where(row => row["file"] == file)
        .Select(row => (int.Parse(row["line"], System.Globalization.CultureInfo.InvariantCulture), row["fault"]));
}
