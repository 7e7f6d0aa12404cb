using CsvHelper;

namespace Gateway.Cli.Samples;

/// <summary>A CSV file being written row by row: UTF-8 without a byte-order mark, CRLF (RFC 4180), the same bytes on every platform.</summary>
public sealed class CsvFile : IDisposable
{
    private readonly CsvWriter _csv;

    /// <summary>Opens the file, replacing an older one, and writes the header row.</summary>
    public CsvFile(string path, IReadOnlyList<string> header)
    {
        ArgumentNullException.ThrowIfNull(header);
        _csv = CsvWriter.ToFile(path, new CsvWriterOptions { NewLine = "\r\n" });
        Write(header);
        Rows = 0;
    }

    /// <summary>Rows written, without the header.</summary>
    public int Rows { get; private set; }

    /// <summary>Writes one row.</summary>
    public void Write(IEnumerable<string> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        _csv.WriteRecord([.. fields]);
        Rows++;
    }

    /// <summary>Writes what is buffered and closes the file.</summary>
    public void Dispose() => _csv.Dispose();
}
