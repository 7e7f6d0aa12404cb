using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Keys;

/// <summary>The columns of docs/formats.md that identifiers come from.</summary>
public static class FieldNames
{
    internal static string Prefix(PartyRole role) => role switch
    {
        PartyRole.Consignor => "consignor_",
        PartyRole.Consignee => "consignee_",
        PartyRole.Seller => "seller_",
        PartyRole.Declarant => "declarant_",
        _ => "",
    };

    /// <summary>The column of an identifier's type, without the role of its party.</summary>
    public static string Of(IdentifierType type) => type switch
    {
        IdentifierType.Email => "email",
        IdentifierType.Phone => "phone",
        IdentifierType.Iban => "iban",
        IdentifierType.BankAccount => "bank_account",
        IdentifierType.Vat => "vat",
        IdentifierType.TaxNumber => "tax_number",
        IdentifierType.Eori => "eori",
        IdentifierType.CompanyRegistration => "registration",
        IdentifierType.MarketplaceAccount => "account",
        IdentifierType.PaymentAccount => "payment_account",
        IdentifierType.IdentityDocument => "identity_document",
        IdentifierType.Domain or IdentifierType.StoreUrl => "website",
        IdentifierType.Container => "container",
        IdentifierType.AirWaybill => "air_waybill",
        IdentifierType.PostalItem => "postal_item",
        IdentifierType.GtinSerial => "gtin_serial",
        _ => "name",
    };
}
