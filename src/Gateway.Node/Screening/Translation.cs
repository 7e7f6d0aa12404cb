using System.Globalization;
using Gateway.Matching.Comparison;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Scoring;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>Between the messages of the local API and the matcher's plain types. The enums have the same numbers, which a test holds.</summary>
internal static class Translation
{
    public static Party ToParty(V1.Party party) => new()
    {
        Kind = (PartyKind)party.Kind,
        Name = party.Name,
        Aliases = party.Aliases,
        Street = party.Street,
        City = party.City,
        Postcode = party.Postcode,
        Country = party.Country,
        BirthDate = BirthDateOf(party.BirthDate),
        Identifiers = [.. party.Identifiers.Select(ToStated)],
    };

    /// <summary>A party's name, address and birth date, without its identifiers.</summary>
    public static V1.Party ToMessage(Party party) => new()
    {
        Kind = (V1.SubjectKind)party.Kind,
        Name = party.Name,
        Aliases = { party.Aliases },
        Street = party.Street,
        City = party.City,
        Postcode = party.Postcode,
        Country = party.Country,
        BirthDate = party.BirthDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>A day of birth as YYYY-MM-DD; null where it is empty or no day of the calendar.</summary>
    public static DateOnly? BirthDateOf(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;

    /// <summary>What a circle sets of the lanes.</summary>
    public static LaneSetting? LanesOf(V1.CircleLanes? lanes) => lanes is null ? null : new LaneSetting
    {
        DocumentsScore = lanes.DocumentsScore == 0 ? null : (int)lanes.DocumentsScore,
        ExamineScore = lanes.ExamineScore == 0 ? null : (int)lanes.ExamineScore,
        NamesAloneAskForDocuments = lanes.NamesAloneAskForDocuments,
    };

    /// <summary>The texts of an opened record, for comparison.</summary>
    public static IReadOnlyList<EncodedText> TextsOf(V1.RecordBody body) => [.. body.Texts.Select(text => new EncodedText((TextKind)text.Kind, text.Clk.Memory))];

    public static StatedIdentifier ToStated(V1.StatedIdentifier stated) => new((IdentifierType)stated.Type, stated.Value, stated.Country);

    public static Shipment ToShipment(V1.Shipment shipment) => ToShipment(shipment, [.. shipment.Parties.Select(party => ((PartyRole)party.Role, ToParty(party.Party ?? new V1.Party())))]);

    public static Shipment ToShipment(V1.Shipment shipment, IReadOnlyList<(PartyRole, Party)> parties) => new()
    {
        Id = shipment.Id,
        Parties = parties,
        References = shipment.References.Count == 0 ? [] : [.. shipment.References.Select(ToStated)],
        HsCode = shipment.HsCode,
        CountryOfDeparture = shipment.CountryOfDeparture,
        CountryOfOrigin = shipment.CountryOfOrigin,
        Arrival = shipment.ArrivalDay == 0 ? null : new UtcDay(shipment.ArrivalDay).ToDate(),
    };

    /// <summary>What is wrong with a party's identifiers or birth date; null where nothing is.</summary>
    public static Refusal? FaultOf(V1.Party party, string field) => party.BirthDate.Length > 0 && BirthDateOf(party.BirthDate) is null
        ? Refusal.Invalid("BIRTH_DATE_INVALID", "The birth date is no day of the calendar.", $"{field}.birth_date", "Give a day such as 1980-03-31, or leave it out.")
        : FaultOf(party.Identifiers, $"{field}.identifiers");

    /// <summary>Limits of the messages, and types that are STRONG; null where all hold.</summary>
    public static Refusal? FaultOf(IEnumerable<V1.StatedIdentifier> stated, string field)
    {
        foreach (V1.StatedIdentifier identifier in stated)
        {
            if (!Enum.IsDefined((IdentifierType)identifier.Type) || identifier.Type is 0 or > 255)
            {
                return Refusal.Invalid("IDENTIFIER_TYPE_UNKNOWN", $"Identifier type {identifier.Type} is not one that can be stated.", field, "See the table of identifiers in docs/protocol.md.");
            }
        }

        return null;
    }

    public static ShipmentFacts FactsOf(Shipment shipment, UtcDay today) => new()
    {
        HsCode = shipment.HsCode,
        Countries = [.. new[] { shipment.CountryOfDeparture, shipment.CountryOfOrigin }.Where(country => country.Length > 0).Distinct()],
        Day = today.Number,
    };

    public static RecordFacts FactsOf(V1.Summary summary) => new()
    {
        Kind = (RecordKind)summary.Kind,
        Grade = (EvidenceGrade)summary.EvidenceGrade,
        Categories = [.. summary.Categories.Select(CodeOf)],
        HsChapters = summary.HsCodes,
        RouteCountries = summary.RouteCountries,
        LastSeenDay = summary.LastSeenDay == 0 ? null : summary.LastSeenDay,
        Severity = (byte)summary.Severity,
    };

    /// <summary>A goods category's code as in files and weights: "LEATHER_GOODS".</summary>
    public static string CodeOf(V1.GoodsCategory category) =>
        V1.RecordReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("GoodsCategory").FindValueByNumber((int)category)?.Name["GOODS_CATEGORY_".Length..] ?? "";

    public static V1.Lane ToMessage(Lane lane) => lane switch
    {
        Lane.Red => V1.Lane.Red,
        Lane.Yellow => V1.Lane.Yellow,
        _ => V1.Lane.Green,
    };

    /// <summary>A field that could not be used. Goes only to the person who wrote the value.</summary>
    public static V1.ErrorDetail ToMessage(Rejection rejection, string shipment) =>
        Refusal.Invalid("FIELD_REJECTED", rejection.Message, shipment.Length == 0 ? rejection.Rule : $"{shipment}: {rejection.Rule}", "Correct the field; the rest was used.").ToDetail();
}
