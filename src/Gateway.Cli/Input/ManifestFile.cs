using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Cli.Output;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.V1;
using Party = Gateway.Protocol.V1.Party;
using PartyRole = Gateway.Protocol.V1.PartyRole;
using Shipment = Gateway.Protocol.V1.Shipment;

namespace Gateway.Cli.Input;

/// <summary>
/// Shipments to screen (docs/formats.md, "Manifest"). A shipment is left out only where it cannot be read or has no id of its own; a field that cannot be used is left out alone and the shipment
/// screened by the others, because a shipment that was not screened is one that nobody looked at.
/// </summary>
public static class ManifestFile
{
    private const int LongestId = 128;

    private static readonly string[] PartyColumns =
        ["kind", "name", "email", "phone", "street", "city", "postcode", "country", "vat", "eori", "registration", "tax_number", "website", "account", "iban", "birth_date"];

    private static readonly (string Prefix, PartyRole Role)[] Parties = [("consignor_", PartyRole.Consignor), ("consignee_", PartyRole.Consignee), ("seller_", PartyRole.Seller)];

    /// <summary>The columns, in the order of docs/formats.md.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "shipment_id", "arrival", "transport_mode", "hs6", "country_of_departure", "country_of_origin", "mass_kg", "value", "currency", "container", "air_waybill", "postal_item",
        .. Parties.SelectMany(party => PartyColumns.Select(column => party.Prefix + column)),
    ];

    /// <summary>The columns every file must have.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["shipment_id"];

    /// <summary>Opens a file.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">It is no such file.</exception>
    public static CsvSource Open(string path) => CsvSource.Open(path, Columns, Needed);

    /// <summary>Reads the shipments. Ids already met are remembered as hashes of 8 bytes: about 20 MB for a million shipments.</summary>
    public static IEnumerable<InputRow<Shipment>> Read(CsvSource source)
    {
        HashSet<ulong> met = [];
        foreach (CsvRow row in source.Rows()) yield return Read(row, met);
    }

    private static InputRow<Shipment> Read(CsvRow row, HashSet<ulong> met)
    {
        if (row.Fault is { } unreadable) return new InputRow<Shipment>(row.Line, "", null, [unreadable]);
        RowFields fields = new(Columns, row, rowLeftOut: false);
        string id = row.Fields[0];
        if (FaultOfId(id, met) is var (what, remedy))
        {
            fields.Name = id.Length <= LongestId ? id : "";
            fields.Add("shipment_id", what, remedy, leftOut: true);
            return new InputRow<Shipment>(row.Line, fields.Name, null, fields.Faults);
        }

        fields.Name = id;
        fields.Number("mass_kg");
        fields.Number("value");
        fields.Text("currency");
        Shipment shipment = new()
        {
            Id = id,
            ArrivalDay = fields.Day("arrival"),
            TransportMode = fields.Code("transport_mode", Codes.Modes),
            HsCode = fields.Digits("hs6", fields.Text("hs6"), 6),
            CountryOfDeparture = fields.Country("country_of_departure"),
            CountryOfOrigin = fields.Country("country_of_origin"),
        };
        shipment.References.AddRange(fields.Identifiers("container", IdentifierType.Container, "", false));
        shipment.References.AddRange(fields.Identifiers("air_waybill", IdentifierType.AirWaybill, "", false));
        shipment.References.AddRange(fields.Identifiers("postal_item", IdentifierType.PostalItem, "", false));
        foreach ((string prefix, PartyRole role) in Parties)
        {
            Party party = PartyOf(fields, prefix);
            if (party.CalculateSize() > 0) shipment.Parties.Add(new ShipmentParty { Role = role, Party = party });
        }

        return new InputRow<Shipment>(row.Line, id, shipment, fields.Faults);
    }

    private static (string What, string Remedy)? FaultOfId(string id, HashSet<ulong> met)
    {
        if (id.Length == 0) return ("the shipment has no id", "give the declaration's number");
        if (id.Length > LongestId) return ($"the shipment's id has more than {LongestId} characters", "give the declaration's number alone");

        // Eight bytes of SHA-256: nobody can make two ids collide in order to have one shipment passed over.
        ulong hash = MemoryMarshal.Read<ulong>(SHA256.HashData(MemoryMarshal.AsBytes(id.AsSpan())));
        return met.Add(hash) ? null : ("another row has the same shipment_id", "give each shipment its own, and screen this row again");
    }

    private static Party PartyOf(RowFields fields, string prefix)
    {
        string country = fields.Country(prefix + "country");
        Party party = new()
        {
            Kind = fields.Code(prefix + "kind", Codes.Subjects),
            Name = fields.Text(prefix + "name", RowFields.LongestName),
            Street = fields.Text(prefix + "street"),
            City = fields.Text(prefix + "city"),
            Postcode = fields.Text(prefix + "postcode"),
            Country = country,
            BirthDate = fields.BirthDate(prefix + "birth_date"),
        };
        party.Identifiers.AddRange(
        [
            .. fields.Identifiers(prefix + "email", IdentifierType.Email, "", false),
            .. fields.Identifiers(prefix + "phone", IdentifierType.Phone, country, false),
            .. fields.Identifiers(prefix + "vat", IdentifierType.Vat, country, false),
            .. fields.Identifiers(prefix + "eori", IdentifierType.Eori, country, false),
            .. fields.Identifiers(prefix + "registration", IdentifierType.CompanyRegistration, country, false),
            .. fields.Identifiers(prefix + "tax_number", IdentifierType.TaxNumber, country, false),
            .. fields.Websites(prefix + "website", false),
            .. fields.Identifiers(prefix + "account", IdentifierType.MarketplaceAccount, "", false),
            .. fields.Identifiers(prefix + "iban", IdentifierType.Iban, "", false),
        ]);
        return party;
    }
}
