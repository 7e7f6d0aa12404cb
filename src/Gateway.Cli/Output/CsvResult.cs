using CsvHelper;

namespace Gateway.Cli.Output;

/// <summary>
/// A CSV file that the command line writes for people: UTF-8, CRLF (RFC 4180). A field that a spreadsheet would run as a formula (it begins with = + - @, tab or carriage return) gets an
/// apostrophe in front, which spreadsheets take as "this is text".
/// </summary>
public sealed class CsvResult : IDisposable
{
    private readonly CsvWriter _csv;

    /// <summary>Opens the file, replacing an older one, and writes the header.</summary>
    public CsvResult(string path, params string[] header)
    {
        _csv = CsvWriter.ToFile(path, new CsvWriterOptions { NewLine = "\r\n", Injection = CsvInjection.Escape });
        _csv.WriteRecord(header);
    }

    /// <summary>Writes one row.</summary>
    public void Write(params string[] fields) => _csv.WriteRecord(fields);

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();
}
