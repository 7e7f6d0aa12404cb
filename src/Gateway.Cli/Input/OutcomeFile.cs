using Gateway.Cli.Output;
using Gateway.Protocol.Outcomes;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Input;

/// <summary>
/// Outcomes of hits (docs/cli.md, "Outcomes"): the file that `gateway screen --out` writes, with the columns outcome and reason filled in, or one with just the four columns that are read. Rows
/// without an outcome are passed over.
/// </summary>
public static class OutcomeFile
{
    /// <summary>Columns the file may have: those that are read, and those of a file of hits.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["record_id", "shipment_id", "outcome", "reason", "lane", "score", "circle", "evidence", "categories", "last_seen", "sources", "fields", "reasons"];

    /// <summary>The columns every file must have.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["record_id", "shipment_id", "outcome", "reason"];

    /// <summary>Opens a file.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">It is no such file.</exception>
    public static CsvSource Open(string path) => CsvSource.Open(path, Columns, Needed);

    /// <summary>Reads the outcomes; a row without one has neither a value nor a fault.</summary>
    public static IEnumerable<InputRow<StatedOutcome>> Read(CsvSource source) => source.Rows().Select(Read);

    private static InputRow<StatedOutcome> Read(CsvRow row)
    {
        if (row.Fault is { } unreadable) return new InputRow<StatedOutcome>(row.Line, "", null, [unreadable]);
        (string record, string shipment, string outcome, string reason) = (row.Fields[0], row.Fields[1], row.Fields[2], row.Fields[3]);
        if (outcome.Length == 0) return new InputRow<StatedOutcome>(row.Line, shipment, null, []);
        List<InputFault> faults = [];
        void Add(string column, string what, string remedy) => faults.Add(new InputFault(row.Line, column, shipment, what, remedy, true));
        if (!TryReadId(record, out ByteString id)) Add("record_id", "the field is no record's id", "copy the id from the hit: 8 to 64 hexadecimal digits");
        if (shipment.Length is 0 or > 128) Add("shipment_id", "the field is empty or has more than 128 characters", "give the number under which the shipment was screened");
        if (!Codes.Outcomes.TryParse(outcome, out Outcome stated)) Add("outcome", "there is no such outcome", $"give one of {string.Join(", ", Codes.Outcomes.All)}");
        if (!Codes.OutcomeReasons.TryParse(reason, out OutcomeReason why)) Add("reason", "there is no such reason", $"give one of {string.Join(", ", Codes.OutcomeReasons.All)}");
        else if (stated != Outcome.Unspecified && !OutcomeTerms.Fits(stated, why)) Add("reason", "the reason is none of this outcome", "see `gateway outcome --help`");
        return new InputRow<StatedOutcome>(row.Line, shipment, faults.Count > 0 ? null : new StatedOutcome { RecordId = id, Shipment = shipment, Outcome = stated, Reason = why }, faults);
    }

    /// <summary>Reads a record's id, or the first digits of one.</summary>
    public static bool TryReadId(string text, out ByteString id)
    {
        id = ByteString.Empty;
        if (text.Length is < 8 or > 64 || text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit)) return false;
        id = ByteString.CopyFrom(Convert.FromHexString(text));
        return true;
    }
}
