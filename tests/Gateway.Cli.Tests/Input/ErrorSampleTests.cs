using Gateway.Cli.Input;
using Gateway.Cli.Samples;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Tests.Input;

public sealed class ErrorSampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ErrorSampleTests()
    {
        Surroundings surroundings = new() { Out = TextWriter.Null, Error = TextWriter.Null, IsTerminal = false, IsErrorTerminal = false, Environment = _ => null, CurrentDirectory = AppContext.BaseDirectory };
        SampleComposer.Compose(SampleSource.Open(Gateway.Cli.Commands.SampleCommand.FindSamples(surroundings)), new DirectoryInfo(_folder.Path), new SampleOptions { Planted = 1, Actors = 60 });
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_error_planted_in_a_manifest_is_found_at_its_line_and_column_and_no_other()
    {
        ReadManifest read = ReadManifest.Of(_folder.File("manifest-with-errors.csv"));
        Assert.Equal(Expected("manifest-with-errors.csv"), read.Faults.Select(fault => (fault.Line, fault.Column)));
    }

    [Fact]
    public void Every_error_planted_among_actors_is_found_at_its_line_and_column_and_good_rows_go_through()
    {
        using CsvSource source = ActorFile.Open(_folder.File("actors-with-errors.csv"));
        List<InputRow<Contribution>> rows = [.. ActorFile.Read(source, "circle")];
        List<(long Line, string Column)> expected = Expected("actors-with-errors.csv");
        Assert.Equal(expected.Select(fault => fault.Line), rows.Where(row => row.Value is null).Select(row => row.Line));
        Assert.Subset(rows.SelectMany(row => row.Faults).Select(fault => (fault.Line, fault.Column)).ToHashSet(), expected.ToHashSet());
        Assert.Contains(rows, row => row.Value is not null);
    }

    private List<(long Line, string Column)> Expected(string file) =>
        [.. File.ReadLines(_folder.File("expected-errors.csv")).Skip(1).Select(line => line.Split(',')).Where(fields => fields[0] == file).Select(fields => (long.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture), fields[2]))];
}
