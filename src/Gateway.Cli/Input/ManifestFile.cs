using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Gateway.Cli.Output;
using Gateway.Cryptography;
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

    private static readonly FrozenDictionary<string, int> Places = Columns.Index().ToFrozenDictionary(column => column.Item, column => column.Index);
    private static readonly int FirstPartyColumn = Places[Parties[0].Prefix + PartyColumns[0]];
    private static readonly PartyPlaces[] PlacesOfParties = [.. Parties.Select(party => new PartyPlaces(party.Prefix))];

    /// <summary>The columns every file must have.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["shipment_id"];

    /// <summary>Opens a file.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">It is no such file.</exception>
    public static CsvSource Open(string path) => CsvSource.Open(path, Columns, Needed);

    /// <summary>Reads the shipments. Ids already met are remembered as hashes of 8 bytes: about 20 MB for a million shipments.</summary>
    /// <remarks>Parties that stand in several rows are the same object in their shipments; they are not to be changed.</remarks>
    public static IEnumerable<InputRow<Shipment>> Read(CsvSource source)
    {
        Met met = new();
        foreach (CsvRow row in source.Rows()) yield return Read(row, met);
    }

    private static InputRow<Shipment> Read(CsvRow row, Met met)
    {
        if (row.Fault is { } unreadable) return new InputRow<Shipment>(row.Line, "", null, [unreadable]);
        RowFields fields = new(Places, row, rowLeftOut: false);
        string id = row.Fields[0];
        if (met.FaultOf(id) is var (what, remedy))
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
        if (!fields.IsEmpty("container")) shipment.References.AddRange(fields.Identifiers("container", IdentifierType.Container, "", false));
        if (!fields.IsEmpty("air_waybill")) shipment.References.AddRange(fields.Identifiers("air_waybill", IdentifierType.AirWaybill, "", false));
        if (!fields.IsEmpty("postal_item")) shipment.References.AddRange(fields.Identifiers("postal_item", IdentifierType.PostalItem, "", false));
        for (int i = 0; i < Parties.Length; i++)
        {
            if (PartyOf(fields, row.Cells!, i, met.Parties) is { } party) shipment.Parties.Add(party);
        }

        return new InputRow<Shipment>(row.Line, id, shipment, fields.Faults);
    }

    private static ShipmentParty? PartyOf(RowFields fields, LazyFields cells, int place, RepeatedCells<ShipmentParty> met)
    {
        PartyRole role = Parties[place].Role;
        if (met.KeyOf(cells, FirstPartyColumn + (place * PartyColumns.Length), PartyColumns.Length) is not { } key) return null;
        key ^= (UInt128)(uint)role;
        if (met.Find(key) is { } known) return known;
        int faults = fields.Faults.Count;
        Party party = PartyOf(fields, cells, place);
        if (party.CalculateSize() == 0) return null;
        ShipmentParty read = new() { Role = role, Party = party };
        if (fields.Faults.Count == faults) met.Keep(key, read); // A fault is told for each row it stands in.
        return read;
    }

    private static Party PartyOf(RowFields fields, LazyFields cells, int place)
    {
        PartyPlaces columns = PlacesOfParties[place];
        string country = fields.Country(columns.Country);
        Party party = new()
        {
            Kind = fields.Code(columns.Kind, Codes.Subjects),
            Name = fields.Text(columns.Name, RowFields.LongestName),
            Street = fields.Text(columns.Street),
            City = fields.Text(columns.City),
            Postcode = fields.Text(columns.Postcode),
            Country = country,
            BirthDate = fields.BirthDate(columns.BirthDate),
        };
        foreach ((string column, int index, IdentifierType? type, bool inCountry) in columns.Identifiers)
        {
            if (cells.Raw(index).IsEmpty) continue; // As most of them are.
            party.Identifiers.AddRange(type is null ? fields.Websites(column, false) : fields.Identifiers(column, type.Value, inCountry ? country : "", false));
        }

        return party;
    }

    /// <summary>The columns of one party: put together once and not for each row.</summary>
    private sealed class PartyPlaces(string prefix)
    {
        public string Kind { get; } = prefix + "kind";

        public string Name { get; } = prefix + "name";

        public string Street { get; } = prefix + "street";

        public string City { get; } = prefix + "city";

        public string Postcode { get; } = prefix + "postcode";

        public string Country { get; } = prefix + "country";

        public string BirthDate { get; } = prefix + "birth_date";

        // In the order in which they are stated to the node; a website's type depends on the address.
        public (string Column, int Index, IdentifierType? Type, bool InCountry)[] Identifiers { get; } =
        [
            Of(prefix + "email", IdentifierType.Email, false),
            Of(prefix + "phone", IdentifierType.Phone, true),
            Of(prefix + "vat", IdentifierType.Vat, true),
            Of(prefix + "eori", IdentifierType.Eori, true),
            Of(prefix + "registration", IdentifierType.CompanyRegistration, true),
            Of(prefix + "tax_number", IdentifierType.TaxNumber, true),
            Of(prefix + "website", null, false),
            Of(prefix + "account", IdentifierType.MarketplaceAccount, false),
            Of(prefix + "iban", IdentifierType.Iban, false),
        ];

        private static (string Column, int Index, IdentifierType? Type, bool InCountry) Of(string column, IdentifierType? type, bool inCountry) => (column, Places[column], type, inCountry);
    }

    /// <summary>What the rows so far have shown.</summary>
    private sealed class Met
    {
        // Eight bytes of a hash under a key of this reading: nobody can make two ids collide in order to have one shipment passed over.
        private readonly byte[] _key = RandomSource.System.GetBytes(SipHash.KeySize);
        private readonly HashSet<ulong> _ids = [];

        public RepeatedCells<ShipmentParty> Parties { get; } = new();

        public (string What, string Remedy)? FaultOf(string id)
        {
            if (id.Length == 0) return ("the shipment has no id", "give the declaration's number");
            if (id.Length > LongestId) return ($"the shipment's id has more than {LongestId} characters", "give the declaration's number alone");
            return _ids.Add(SipHash.Hash64(_key, MemoryMarshal.AsBytes(id.AsSpan()))) ? null : ("another row has the same shipment_id", "give each shipment its own, and screen this row again");
        }
    }
}
