using System.Text.RegularExpressions;
using Gateway.Cli.Input;

namespace Gateway.Cli.Tests.Input;

public sealed partial class ColumnTests
{
    [Fact]
    public void The_columns_of_actors_are_those_of_the_documentation() =>
        Assert.Equal(Documented("## Actors"), ActorFile.Columns);

    [Fact]
    public void The_columns_of_a_manifest_are_those_of_the_documentation()
    {
        List<string> documented = Documented("## Manifest");
        int parties = documented.IndexOf("consignor_…");
        string[] prefixes = [.. documented[parties..].TakeWhile(column => column.EndsWith('…')).Select(column => column[..^1])];
        List<string> fields = documented[(parties + prefixes.Length)..];
        Assert.Equal([.. documented[..parties], .. prefixes.SelectMany(prefix => fields.Select(field => prefix + field))], ManifestFile.Columns);
    }

    // The codes in the first cell of each row; for the parties also those of the last cell.
    private static List<string> Documented(string heading)
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "formats.md"));
        string part = page[page.IndexOf(heading, StringComparison.Ordinal)..];
        int next = part.IndexOf("\n## ", StringComparison.Ordinal);
        IEnumerable<string[]> rows = (next < 0 ? part : part[..next]).Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|'));
        return [.. rows.SelectMany(cells => Codes(cells[1]).Concat(cells[1].Contains('…', StringComparison.Ordinal) ? Codes(cells[3]) : []))];
    }

    private static IEnumerable<string> Codes(string cell) => Code().Matches(cell).Select(match => match.Groups[1].Value);

    private static string Root()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
