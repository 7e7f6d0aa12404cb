using System.Globalization;

namespace Gateway.Cli.Samples;

/// <summary>The fields of one party in a manifest (docs/formats.md).</summary>
public sealed record PartyFields
{
    /// <summary>The columns of a party, without the prefix.</summary>
    public static IReadOnlyList<string> Header { get; } =
        ["kind", "name", "email", "phone", "street", "city", "postcode", "country", "vat", "eori", "registration", "tax_number", "website", "account", "iban", "birth_date"];

    /// <summary>No party.</summary>
    public static PartyFields None { get; } = new();

    /// <summary>ORGANISATION, PERSON or empty.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Name in full.</summary>
    public string Name { get; init; } = "";

    /// <summary>E-mail address.</summary>
    public string Email { get; init; } = "";

    /// <summary>Telephone number.</summary>
    public string Phone { get; init; } = "";

    /// <summary>Address.</summary>
    public Address Address { get; init; } = new("", "", "", "");

    /// <summary>VAT number.</summary>
    public string Vat { get; init; } = "";

    /// <summary>Company registration.</summary>
    public string Registration { get; init; } = "";

    /// <summary>Tax number.</summary>
    public string TaxNumber { get; init; } = "";

    /// <summary>Site.</summary>
    public string Website { get; init; } = "";

    /// <summary>Marketplace account, "platform:handle".</summary>
    public string Account { get; init; } = "";

    /// <summary>The fields in the order of <see cref="Header"/>.</summary>
    public IEnumerable<string> Fields() =>
        [Kind, Name, Email, Phone, Address.Street, Address.City, Address.Postcode, Address.Country, Vat, "", Registration, TaxNumber, Website, Account, "", ""];
}

/// <summary>One row of a manifest (docs/formats.md).</summary>
public sealed record ShipmentRow
{
    /// <summary>The columns in the order of docs/formats.md.</summary>
    public static IReadOnlyList<string> Header { get; } =
    [
        "shipment_id", "arrival", "transport_mode", "hs6", "country_of_departure", "country_of_origin", "mass_kg", "value", "currency", "container", "air_waybill", "postal_item",
        .. PartyFields.Header.Select(field => "consignor_" + field), .. PartyFields.Header.Select(field => "consignee_" + field),
        .. PartyFields.Header.Select(field => "seller_" + field),
    ];

    /// <summary>Number of the declaration or of the house consignment.</summary>
    public required string Id { get; init; }

    /// <summary>Day of arrival.</summary>
    public string Arrival { get; init; } = "";

    /// <summary>SEA, RAIL, ROAD, AIR, POST or empty.</summary>
    public string Mode { get; init; } = "";

    /// <summary>HS6.</summary>
    public string Hs6 { get; init; } = "";

    /// <summary>Country the goods left.</summary>
    public string Departure { get; init; } = "";

    /// <summary>Country the goods were made in.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Kilograms.</summary>
    public decimal MassKg { get; init; }

    /// <summary>Value in <see cref="Currency"/>.</summary>
    public decimal Value { get; init; }

    /// <summary>ISO 4217.</summary>
    public string Currency { get; init; } = "";

    /// <summary>Container number.</summary>
    public string Container { get; init; } = "";

    /// <summary>Air waybill number.</summary>
    public string AirWaybill { get; init; } = "";

    /// <summary>Postal item number.</summary>
    public string PostalItem { get; init; } = "";

    /// <summary>Who sends.</summary>
    public PartyFields Consignor { get; init; } = PartyFields.None;

    /// <summary>Who receives.</summary>
    public PartyFields Consignee { get; init; } = PartyFields.None;

    /// <summary>Who sold, where not the consignor.</summary>
    public PartyFields Seller { get; init; } = PartyFields.None;

    /// <summary>The fields in the order of <see cref="Header"/>.</summary>
    public IEnumerable<string> Fields() =>
    [
        Id, Arrival, Mode, Hs6, Departure, Origin, Amount(MassKg), Amount(Value), Currency, Container, AirWaybill, PostalItem,
        .. Consignor.Fields(), .. Consignee.Fields(), .. Seller.Fields(),
    ];

    private static string Amount(decimal value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
