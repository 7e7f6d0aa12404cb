using System.Text;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Input;

/// <summary>
/// Reads a manifest (docs/formats.md, "Manifest") into batches of columns. A shipment is left out only where it cannot be read or has no id of its own: one that was not screened is one that nobody
/// looked at. Of a row whose parts stood in an earlier one, and whose other fields look as nearly all do, nothing is made but its places in the columns.
/// </summary>
public sealed class ManifestBatches
{
    private const int MostShipments = 4_096;
    private const int MostBytes = 3 * 1_048_576;
    private const int MostParts = 65_536;

    private readonly CsvSource _source;
    private readonly Action<IReadOnlyList<InputFault>> _note;
    private readonly RepeatedCells _cells = new();

    // 16 MiB for a million shipments.
    private readonly MetHashes _ids = new();
    private readonly byte[] _idBytes = new byte[MostShipments * 4 * ManifestFile.LongestId];
    private ShipmentBatch _batch = New();
    private int _idEnd, _partBytes;
    private uint _parts;

    /// <param name="source">The open file.</param>
    /// <param name="note">Told what is wrong with a row, row by row.</param>
    public ManifestBatches(CsvSource source, Action<IReadOnlyList<InputFault>> note) => (_source, _note) = (source, note);

    /// <summary>Rows read so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">It is no such file.</exception>
    public static CsvSource Open(string path) => CsvSource.Open(path, ManifestFile.Columns, ManifestFile.Needed);

    /// <summary>Reads the file to its end. Batches are for one stream, in their order.</summary>
    public IEnumerable<ShipmentBatch> Read()
    {
        foreach (CsvRow row in _source.Rows())
        {
            Rows++;
            if (row.Fault is { } unreadable) _note([unreadable]);
            else Take(row, row.Cells!);
            if (_batch.IdEnds.Count < MostShipments && _idEnd + _partBytes < MostBytes) continue;
            yield return Done();
        }

        if (_batch.IdEnds.Count > 0) yield return Done();
    }

    private static ShipmentBatch New() => new()
    {
        IdEnds = { Capacity = MostShipments }, PartEnds = { Capacity = MostShipments }, PartNumbers = { Capacity = 3 * MostShipments },
        HsCodes = { Capacity = MostShipments }, CountriesOfDeparture = { Capacity = MostShipments }, CountriesOfOrigin = { Capacity = MostShipments },
    };

    private ShipmentBatch Done()
    {
        ShipmentBatch done = _batch;
        done.Ids = ByteString.CopyFrom(_idBytes, 0, _idEnd);
        (_batch, _idEnd, _partBytes) = (New(), 0, 0);
        if (_parts > MostParts / 2)
        {
            _cells.Clear();
            (_parts, _batch.PartsAnew) = (0, true);
        }

        return done;
    }

    private void Take(CsvRow row, LazyFields cells)
    {
        RowFields? fields = null;
        ReadOnlySpan<byte> id = cells.Raw(0);
        if (!PlainCells.IsPlain(id, ManifestFile.LongestId)) id = Encoding.UTF8.GetBytes(row.Fields[0]);
        if (FaultOf(id) is var (what, remedy))
        {
            fields = new RowFields(ManifestFile.Places, row, rowLeftOut: false) { Name = row.Fields[0].Length <= ManifestFile.LongestId ? row.Fields[0] : "" };
            fields.Add("shipment_id", what, remedy, leftOut: true);
            _note(fields.Faults);
            return;
        }

        id.CopyTo(_idBytes.AsSpan(_idEnd));
        _batch.IdEnds.Add((uint)(_idEnd += id.Length));
        if (!PlainCells.TryDetails(cells, out uint hsCode, out uint departure, out uint origin))
        {
            (string hs, string from, string of) = ManifestFile.DetailsOf(fields ??= FieldsOf(row));
            (hsCode, departure, origin) = (PlainCells.HsCode(Encoding.ASCII.GetBytes(hs)), PlainCells.Country(Encoding.ASCII.GetBytes(from)), PlainCells.Country(Encoding.ASCII.GetBytes(of)));
        }

        _batch.HsCodes.Add(hsCode);
        _batch.CountriesOfDeparture.Add(departure);
        _batch.CountriesOfOrigin.Add(origin);
        for (int part = 0; part < ManifestFile.Parts.Count; part++) AddPart(row, cells, part, ref fields);
        _batch.PartEnds.Add((uint)_batch.PartNumbers.Count);
        if (fields is { Faults.Count: > 0 }) _note(fields.Faults);
    }

    private void AddPart(CsvRow row, LazyFields cells, int part, ref RowFields? fields)
    {
        (int first, int count) = ManifestFile.Parts[part];
        if (_cells.KeyOf(cells, first, count) is not { } key) return;
        key ^= (UInt128)(uint)part; // The same fields in another role are another part.
        if (!_cells.TryFind(key, out uint number))
        {
            fields ??= FieldsOf(row);
            int faults = fields.Faults.Count;
            if (ManifestFile.PartOf(fields, cells, part) is { } read)
            {
                _batch.Parts.Add(read);
                _partBytes += read.CalculateSize() + 4;
                number = ++_parts;
            }

            if (fields.Faults.Count == faults) _cells.Keep(key, number); // A fault is told for each row it stands in.
        }

        if (number > 0) _batch.PartNumbers.Add(number);
    }

    private static RowFields FieldsOf(CsvRow row) => new(ManifestFile.Places, row, rowLeftOut: false) { Name = row.Fields[0] };

    // By eight bytes of a hash under a key of this reading: nobody can make two ids collide in order to have one shipment passed over.
    private (string What, string Remedy)? FaultOf(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty) return ("the shipment has no id", "give the declaration's number");
        if (id.Length > ManifestFile.LongestId && Encoding.UTF8.GetCharCount(id) > ManifestFile.LongestId) return ($"the shipment's id has more than {ManifestFile.LongestId} characters", "give the declaration's number alone");
        return _ids.Add(_cells.KeyOf(id)) ? null : ("another row has the same shipment_id", "give each shipment its own, and screen this row again");
    }
}
