using System.Collections.Frozen;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Input;

/// <summary>
/// Sellers to watch (docs/formats.md, "Sellers"). A seller without a reference of its own is left out; a field that cannot be used is left out alone, because a seller watched by
/// fewer identifiers is still watched.
/// </summary>
public static class SellerFile
{
    private const int LongestReference = 128;

    /// <summary>The columns, in the order of docs/formats.md.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "reference", "subject", "name", "aliases", "street", "city", "postcode", "country", "emails", "phones", "websites", "vat", "eori", "ibans", "registrations", "tax_numbers",
        "identity_documents", "accounts", "payment_accounts", "birth_date",
    ];

    private static readonly FrozenDictionary<string, int> Places = Columns.Index().ToFrozenDictionary(column => column.Item, column => column.Index);

    /// <summary>The columns every file must have.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["reference"];

    /// <summary>Opens a file.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">It is no such file.</exception>
    public static CsvSource Open(string path) => CsvSource.Open(path, Columns, Needed);

    /// <summary>Reads the sellers.</summary>
    public static IEnumerable<InputRow<Seller>> Read(CsvSource source) => source.Rows().Select(Read);

    private static InputRow<Seller> Read(CsvRow row)
    {
        if (row.Fault is { } unreadable) return new InputRow<Seller>(row.Line, "", null, [unreadable]);
        RowFields fields = new(Places, row, rowLeftOut: false);
        string reference = row.Fields[0];
        if (reference.Length is 0 or > LongestReference)
        {
            fields.Add("reference", reference.Length == 0 ? "the field is empty" : $"the field has more than {LongestReference} characters", "give the account's own number", leftOut: true);
            return new InputRow<Seller>(row.Line, "", null, fields.Faults);
        }

        fields.Name = reference;
        Seller seller = new() { Reference = reference, Party = ActorFile.PartyOf(fields, isNameNeeded: false) };
        return new InputRow<Seller>(row.Line, reference, seller, fields.Faults);
    }
}
