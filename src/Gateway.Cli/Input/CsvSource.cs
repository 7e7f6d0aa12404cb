using System.Text.Unicode;
using CsvHelper;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Input;

/// <summary>
/// A CSV file being read row by row (docs/formats.md): strict where a guess could shift a value into another column, and with bounded memory however large the file. Rows that cannot be
/// read become faults; only a file that is no such file at all ends the reading.
/// </summary>
public sealed class CsvSource : IDisposable
{
    /// <summary>Longest row, in bytes.</summary>
    public const int LongestRow = 1_048_576;

    // A row up to this size is refused alone; beyond it a quote was probably never closed, and where the row ends cannot be known.
    private const int LargestBuffer = 16 * LongestRow;

    private readonly CsvReader _csv;
    private readonly string _path;
    private readonly Queue<InputFault> _malformed = [];
    private readonly LazyFields _fields;

    private CsvSource(string path, IReadOnlyList<string> known, IReadOnlyList<string> needed)
    {
        _path = path;
        _csv = CsvReader.FromFile(path, new CsvReaderOptions
        {
            Separator = ',',
            HasHeader = false, // Read as a row, so that it is checked like one.
            MaxRecordSize = LargestBuffer,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Skip,
            OnMalformedRecord = Note,
        });
        try
        {
            _fields = new LazyFields(_csv, ReadHeader(known, needed));
        }
        catch
        {
            _csv.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">The columns it may have.</param>
    /// <param name="needed">Those it must have.</param>
    /// <exception cref="RefusalException">It is empty, not UTF-8, or its header is wrong; all faults of the header are named.</exception>
    public static CsvSource Open(string path, IReadOnlyList<string> known, IReadOnlyList<string> needed)
    {
        RequireUtf8(path);
        return new CsvSource(path, known, needed);
    }

    /// <summary>Bytes of the file read so far.</summary>
    public long Position => _csv.ByteOffset;

    /// <summary>The rows in order. Each is valid until the next is asked for.</summary>
    public IEnumerable<CsvRow> Rows()
    {
        bool more = true;
        while (more)
        {
            InputFault? end = null;
            try
            {
                more = _csv.Read();
            }
            catch (CsvFormatException fault)
            {
                // Nothing after it can be told apart.
                more = false;
                end = new InputFault(fault.LineNumber, "", "", $"the row is longer than {LargestBuffer / LongestRow} MiB or a quote in it is never closed; the file was read no further", "close the quote, and send the rows from here on again", true);
            }

            while (_malformed.TryDequeue(out InputFault? malformed)) yield return new CsvRow(malformed);
            if (end is not null) yield return new CsvRow(end);
            else if (more) yield return Read();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();

    private CsvRow Read()
    {
        long line = _csv.LineNumber;
        if (_csv.RawRecord.Length > LongestRow) return new CsvRow(new InputFault(line, "", "", "the row is longer than 1 MiB", "shorten it, or close the quote that was left open", true));
        int count = _csv.FieldCount;
        if (count != Header.Count)
        {
            string remedy = "give every column a field; put quotes around a field with a comma in it";
            return new CsvRow(new InputFault(line, "", "", $"the row has {count} fields and the header has {Header.Count}", remedy, true));
        }

        int wrong = _fields.Begin();
        return wrong < 0 ? new CsvRow(line, _fields) : new CsvRow(new InputFault(line, Header[wrong], "", "the field is not UTF-8", "save the file as UTF-8", true));
    }

    private List<string> Header { get; set; } = [];

    private int[] ReadHeader(IReadOnlyList<string> known, IReadOnlyList<string> needed)
    {
        bool found;
        try
        {
            found = _csv.Read();
        }
        catch (CsvFormatException)
        {
            throw Refuse("INPUT_HEADER_INVALID", "The header is longer than 16 MiB or a quote in it is never closed.", "Give the columns of docs/formats.md in the first line.");
        }

        if (_malformed.Count > 0) throw Refuse("INPUT_HEADER_INVALID", "The header's quotes are not closed properly.", "Give the columns of docs/formats.md in the first line.");
        if (!found) throw Refuse("INPUT_EMPTY", "The file is empty.", "Give the columns of docs/formats.md in the first line, then a row for each case or shipment.");
        List<string> columns = [];
        for (int i = 0; i < _csv.FieldCount; i++) columns.Add(Utf8.IsValid(_csv.GetRawSpan(i)) ? _csv.GetString(i).Trim() : "\uFFFD");
        Header = columns;
        IReadOnlyList<string> faults = HeaderCheck.Faults(columns, known, needed);
        if (faults.Count > 0) throw Refuse("INPUT_HEADER_INVALID", string.Join(" ", faults), "Correct the header; docs/formats.md lists the columns.");
        return [.. known.Select(column => columns.IndexOf(column))];
    }

    private void Note(CsvMalformedRecord malformed) => _malformed.Enqueue(new InputFault(
        malformed.LineNumber, "", "", "the quotes of the row are not closed properly", "put quotes around the whole field and double those inside it; rows after one that is never closed are part of it", true));

    private static void RequireUtf8(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        start = start[..length];
        bool wide = start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || start.Contains((byte)0);
        if (wide) throw new RefusalException(Refusal.Invalid("INPUT_NOT_UTF8", "The file is UTF-16 or UTF-32, or no text at all.", path, "Save it as UTF-8: in Excel choose 'CSV UTF-8'."));
    }

    private RefusalException Refuse(string code, string what, string remedy) => new(Refusal.Invalid(code, what, _path, remedy));
}

/// <summary>One row: its fields in the order of the known columns, or why it could not be read. Valid until the next is asked for.</summary>
public readonly record struct CsvRow
{
    /// <summary>A row that could be read.</summary>
    internal CsvRow(long line, LazyFields fields) => (Line, Fields, Cells) = (line, fields, fields);

    /// <summary>A row that could not be read.</summary>
    public CsvRow(InputFault fault) => (Line, Fields, Fault) = (fault.Line, [], fault);

    /// <summary>Line it begins at.</summary>
    public long Line { get; }

    /// <summary>Its fields, without blanks around them; empty where the file has no such column.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>The same as they stand in the file; null where the row could not be read.</summary>
    internal LazyFields? Cells { get; }

    /// <summary>Why it could not be read; null where it could.</summary>
    public InputFault? Fault { get; }
}
