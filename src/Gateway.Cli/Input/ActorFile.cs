using System.Collections.Frozen;
using Gateway.Cli.Output;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.V1;
using Party = Gateway.Protocol.V1.Party;

namespace Gateway.Cli.Input;

/// <summary>Cases to publish (docs/formats.md, "Actors"). A row with any fault is left out whole: half a case is not what its author meant to publish.</summary>
public static class ActorFile
{
    private const int LongestReference = 128;

    /// <summary>The columns, in the order of docs/formats.md.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "reference", "subject", "name", "aliases", "street", "city", "postcode", "country", "emails", "phones", "websites", "vat", "eori", "ibans", "registrations", "tax_numbers",
        "identity_documents", "accounts", "payment_accounts", "containers", "air_waybills", "postal_items", "kind", "category", "evidence", "hs_codes", "route_countries", "severity",
        "first_seen", "last_seen", "expires", "birth_date",
    ];

    /// <summary>The columns every file must have.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["reference", "name", "category", "evidence"];

    /// <summary>Opens a file.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">It is no such file.</exception>
    public static CsvSource Open(string path) => CsvSource.Open(path, Columns, Needed);

    private static readonly FrozenDictionary<string, int> Places = Columns.Index().ToFrozenDictionary(column => column.Item, column => column.Index);

    /// <summary>Reads the cases for a circle.</summary>
    public static IEnumerable<InputRow<Contribution>> Read(CsvSource source, string circle) => source.Rows().Select(row => Read(row, circle));

    private static InputRow<Contribution> Read(CsvRow row, string circle)
    {
        if (row.Fault is { } unreadable) return new InputRow<Contribution>(row.Line, "", null, [unreadable]);
        RowFields fields = new(Places, row, rowLeftOut: true);
        string reference = fields.Needed("reference", LongestReference);
        fields.Name = reference;
        Contribution contribution = new() { Circle = circle, Reference = reference, Summary = SummaryOf(fields), Subject = PartyOf(fields, isNameNeeded: true) };
        contribution.References.AddRange(fields.Identifiers("containers", IdentifierType.Container, "", true));
        contribution.References.AddRange(fields.Identifiers("air_waybills", IdentifierType.AirWaybill, "", true));
        contribution.References.AddRange(fields.Identifiers("postal_items", IdentifierType.PostalItem, "", true));
        return new InputRow<Contribution>(row.Line, reference, fields.Faults.Count == 0 ? contribution : null, fields.Faults);
    }

    /// <summary>The party of a row: the columns subject to payment_accounts.</summary>
    internal static Party PartyOf(RowFields fields, bool isNameNeeded)
    {
        string country = fields.Country("country");
        Party party = new()
        {
            Kind = fields.Code("subject", Codes.Subjects),
            Name = isNameNeeded ? fields.Needed("name", RowFields.LongestName) : fields.Text("name", RowFields.LongestName),
            Street = fields.Text("street"),
            City = fields.Text("city"),
            Postcode = fields.Text("postcode"),
            Country = country,
            BirthDate = fields.BirthDate("birth_date"),
        };
        party.Aliases.AddRange(fields.Values("aliases", RowFields.LongestName));
        party.Identifiers.AddRange(
        [
            .. fields.Identifiers("emails", IdentifierType.Email, "", true),
            .. fields.Identifiers("phones", IdentifierType.Phone, country, true),
            .. fields.Websites("websites", true),
            .. fields.Identifiers("vat", IdentifierType.Vat, country, true),
            .. fields.Identifiers("eori", IdentifierType.Eori, country, true),
            .. fields.Identifiers("ibans", IdentifierType.Iban, "", true),
            .. fields.Identifiers("registrations", IdentifierType.CompanyRegistration, country, true),
            .. fields.Identifiers("tax_numbers", IdentifierType.TaxNumber, country, true),
            .. fields.Identifiers("identity_documents", IdentifierType.IdentityDocument, country, true),
            .. fields.Identifiers("accounts", IdentifierType.MarketplaceAccount, "", true),
            .. fields.Identifiers("payment_accounts", IdentifierType.PaymentAccount, "", true),
        ]);
        return party;
    }

    private static Summary SummaryOf(RowFields fields)
    {
        RecordKind kind = fields.Code("kind", Codes.Kinds);
        Severity severity = fields.Code("severity", Codes.Severities);
        Summary summary = new()
        {
            Kind = kind == RecordKind.Unspecified ? RecordKind.BadActor : kind,
            EvidenceGrade = fields.Code("evidence", Codes.Evidence, needed: true),
            Severity = severity == Severity.Unspecified ? Severity.Medium : severity,
            FirstSeenDay = fields.Day("first_seen"),
            LastSeenDay = fields.Day("last_seen"),
            ExpiryDay = fields.Day("expires"),
        };
        GoodsCategory category = fields.Code("category", Codes.Categories, needed: true);
        if (category != GoodsCategory.Unspecified) summary.Categories.Add(category);
        summary.HsCodes.AddRange(fields.Values("hs_codes").Select(code => fields.Digits("hs_codes", code, 2, 6)));
        summary.RouteCountries.AddRange(fields.Values("route_countries").Select(code => fields.CheckedCountry("route_countries", code)));
        return summary;
    }
}
