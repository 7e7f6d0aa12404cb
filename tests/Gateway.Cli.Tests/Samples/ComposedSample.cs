using CsvHelper;
using Gateway.Cli.Samples;

namespace Gateway.Cli.Tests.Samples;

/// <summary>A sample composed from the project's own data into a folder of its own, and read back the way a stranger would.</summary>
public sealed class ComposedSample : IDisposable
{
    private readonly Lazy<IReadOnlyList<Row>> _manifest;

    public ComposedSample()
    {
        Root = FindRoot();
        Folder = Directory.CreateTempSubdirectory("gateway-sample-");
        Summary = SampleComposer.Compose(SampleSource.Open(new DirectoryInfo(Path.Combine(Root, "samples"))), Folder, new SampleOptions());
        _manifest = new Lazy<IReadOnlyList<Row>>(() => Read("manifest.csv"));
    }

    public string Root { get; }

    public DirectoryInfo Folder { get; }

    public SampleSummary Summary { get; }

    public IReadOnlyList<Row> Manifest => _manifest.Value;

    public byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder.FullName, name));

    public IReadOnlyList<Row> Read(string name)
    {
        using CsvReader csv = CsvReader.FromFile(Path.Combine(Folder.FullName, name), new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        Dictionary<string, int> columns = csv.Headers.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        List<Row> rows = [];
        while (csv.Read())
        {
            Assert.Equal(columns.Count, csv.FieldCount);
            rows.Add(new Row(columns, csv.Current.ToArray()));
        }

        return rows;
    }

    public IReadOnlyList<Row> Actors() => [.. Read("actors-retailer-one.csv"), .. Read("actors-retailer-two.csv")];

    public void Dispose() => Folder.Delete(recursive: true);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No Gateway.sln above the tests.");
    }
}

public sealed class Row(IReadOnlyDictionary<string, int> columns, string[] fields)
{
    public string this[string column] => fields[columns[column]];

    public IReadOnlyList<string> Fields => fields;

    public string[] Several(string column) => this[column].Split(';', StringSplitOptions.RemoveEmptyEntries);
}
