using System.Collections.Frozen;
using Gateway.Cli.Output;
using Gateway.Matching.Identifiers;
using Gateway.Protocol.V1;
using Party = Gateway.Protocol.V1.Party;
using PartyRole = Gateway.Protocol.V1.PartyRole;

namespace Gateway.Cli.Input;

/// <summary>The columns of shipments to screen (docs/formats.md, "Manifest") and what stands in them. A field that cannot be used is left out alone and the shipment screened by the others.</summary>
internal static class ManifestFile
{
    /// <summary>Longest id of a shipment, in characters.</summary>
    public const int LongestId = 128;

    private static readonly string[] PartyColumns =
        ["kind", "name", "email", "phone", "street", "city", "postcode", "country", "vat", "eori", "registration", "tax_number", "website", "account", "iban", "birth_date"];

    private static readonly (string Prefix, PartyRole Role)[] Parties = [("consignor_", PartyRole.Consignor), ("consignee_", PartyRole.Consignee), ("seller_", PartyRole.Seller)];

    /// <summary>The columns, in the order of docs/formats.md.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "shipment_id", "arrival", "transport_mode", "hs6", "country_of_departure", "country_of_origin", "mass_kg", "value", "currency", "container", "air_waybill", "postal_item",
        .. Parties.SelectMany(party => PartyColumns.Select(column => party.Prefix + column)),
    ];

    /// <summary>The place of each column.</summary>
    public static FrozenDictionary<string, int> Places { get; } = Columns.Index().ToFrozenDictionary(column => column.Item, column => column.Index);

    private static readonly PartyPlaces[] PlacesOfParties = [.. Parties.Select(party => new PartyPlaces(party.Prefix))];

    /// <summary>Where columns that one part of a shipment is read from begin, and how many they are: the references, then the parties.</summary>
    public static IReadOnlyList<(int First, int Count)> Parts { get; } = [(Places["container"], 3), .. Parties.Select(party => (Places[party.Prefix + PartyColumns[0]], PartyColumns.Length))];

    /// <summary>The columns every file must have.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["shipment_id"];

    /// <summary>Reads one of <see cref="Parts"/>; null where nothing in it can be used.</summary>
    public static ShipmentPart? PartOf(RowFields fields, LazyFields cells, int part)
    {
        if (part > 0)
        {
            Party party = PartyOf(fields, cells, part - 1);
            return party.CalculateSize() == 0 ? null : new ShipmentPart { Party = new ShipmentParty { Role = Parties[part - 1].Role, Party = party } };
        }

        ShipmentPart references = new();
        references.References.AddRange(fields.Identifiers("container", IdentifierType.Container, "", false));
        references.References.AddRange(fields.Identifiers("air_waybill", IdentifierType.AirWaybill, "", false));
        references.References.AddRange(fields.Identifiers("postal_item", IdentifierType.PostalItem, "", false));
        return references.References.Count == 0 ? null : references;
    }

    /// <summary>Reads the columns that belong to no part.</summary>
    public static (string HsCode, string CountryOfDeparture, string CountryOfOrigin) DetailsOf(RowFields fields)
    {
        fields.Number("mass_kg");
        fields.Number("value");
        fields.Text("currency");
        fields.Day("arrival");
        fields.Code("transport_mode", Codes.Modes);
        return (fields.Digits("hs6", fields.Text("hs6"), 6), fields.Country("country_of_departure"), fields.Country("country_of_origin"));
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
}
