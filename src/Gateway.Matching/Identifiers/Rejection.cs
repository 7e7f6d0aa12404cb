namespace Gateway.Matching.Identifiers;

/// <summary>Why something stated as an identifier is none: what the person who wrote it needs in order to put it right.</summary>
/// <param name="Type">The type the field claims.</param>
/// <param name="Rule">The rule it breaks, a stable code such as <c>iban-check-digits</c>; safe in logs.</param>
/// <param name="Reason">The rule in words, without the value; safe in logs.</param>
/// <param name="Raw">The value as it was written: personal data, for its author's eyes only.</param>
public sealed record Rejection(IdentifierType Type, string Rule, string Reason, string Raw)
{
    private const int LongestQuote = 64;

    /// <summary>Reason with the value, e.g. "IBAN DE89…: check digits do not match". For the person who wrote the value, never for a log.</summary>
    public string Message => $"{TypeName} {Quoted()}: {Reason}";

    /// <summary>Type and rule: the value stays out of logs.</summary>
    public override string ToString() => $"{Type}: {Rule}";

    private string TypeName => Type switch
    {
        IdentifierType.Email => "e-mail address",
        IdentifierType.Phone => "telephone number",
        IdentifierType.Iban => "IBAN",
        IdentifierType.BankAccount => "bank account",
        IdentifierType.Vat => "VAT number",
        IdentifierType.TaxNumber => "tax number",
        IdentifierType.Eori => "EORI number",
        IdentifierType.CompanyRegistration => "company registration",
        IdentifierType.MarketplaceAccount => "marketplace account",
        IdentifierType.PaymentAccount => "payment account",
        IdentifierType.IdentityDocument => "identity document",
        IdentifierType.Domain => "website",
        IdentifierType.StoreUrl => "store page",
        IdentifierType.Container => "container number",
        IdentifierType.AirWaybill => "air waybill",
        IdentifierType.PostalItem => "postal item",
        IdentifierType.GtinSerial => "GTIN with serial number",
        _ => "identifier",
    };

    private string Quoted()
    {
        if (Raw.Length <= LongestQuote)
        {
            return $"\"{Raw}\"";
        }

        int end = char.IsHighSurrogate(Raw[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote;
        return $"\"{Raw.AsSpan(0, end)}…\"";
    }
}
