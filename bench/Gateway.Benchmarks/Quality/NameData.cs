using System.Text;
using Gateway.Matching.Identifiers;

namespace Gateway.Benchmarks.Quality;

/// <summary>The files of bench/data/names (its README says where they are from).</summary>
internal sealed class NameData(string folder)
{
    public sealed record Listed(string Entity, bool IsPrimary, PartyKind Kind, string Name);

    public sealed record Pair(PartyKind Kind, string First, string Second, bool IsMatch, bool? OtherSays);

    public sealed record Spelling(string Latin, string Signs);

    public Listed[] Ofac() => [.. Rows("ofac.csv").Select(row => new Listed(row[0], row[1] == "primary", KindOf(row[2]), row[3]))];

    public string[] Names(string file) => [.. Rows(file).Select(row => row[0])];

    public Pair[] Pairs() => [.. Rows("pairs.csv").Select(row => new Pair(KindOf(row[0]), row[1], row[2], row[3] == "true", row[5].Length > 0 ? row[5] == "true" : null))];

    public (string Query, string Expected)[] CrossScript() => [.. File.ReadLines(Path.Combine(folder, "cross_script_pairs.csv"))
        .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(',')).Select(parts => (parts[0], parts[1]))];

    public Spelling[] Spellings(string script) => [.. File.ReadLines(Path.Combine(folder, $"wd_{script}_16.tsv"))
        .Select(line => line.Split('\t')).Select(parts => new Spelling(parts[0], parts[1].Replace(" ", "", StringComparison.Ordinal)))];

    private static PartyKind KindOf(string kind) => kind switch
    {
        "person" or "Person" => PartyKind.Person,
        "organisation" or "Company" or "Organization" => PartyKind.Organisation,
        _ => PartyKind.Unknown,
    };

    private IEnumerable<List<string>> Rows(string file)
    {
        List<string> row = [];
        StringBuilder field = new();
        bool quoted = false, head = true;
        string text = File.ReadAllText(Path.Combine(folder, file));
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                Take();
            }
            else if (c == '\n' && !quoted)
            {
                Take();
                if (!head) yield return row;
                head = false;
                row = [];
            }
            else
            {
                field.Append(c);
            }
        }

        void Take()
        {
            row.Add(field.ToString());
            field.Clear();
        }
    }
}
