using System.Text;
using Gateway.Matching.Text;

namespace Gateway.Matching.Identifiers;

/// <summary>
/// Brings stated identifiers into the one form that is hashed (protocol §3), so that the same mailbox, number or account written in different ways
/// yields the same identifier, and refuses what cannot be one. Pure: the answer depends on the arguments alone, not on culture, ICU or clock.
/// </summary>
public static class IdentifierNormaliser
{
    /// <summary>Characters beyond which nothing is looked at: no identifier is that long, and the time spent stays bounded.</summary>
    public const int LongestRaw = 10_000;

    private const int LongestValue = 1_024;

    /// <summary>Normalises one stated identifier.</summary>
    /// <param name="stated">Type, text as written, and the issuing country where stated.</param>
    /// <param name="partyCountry">ISO 3166-1 alpha-2 of the party, or empty; counts where <paramref name="stated"/> has no country of its own.</param>
    /// <returns>The identifier, or the reason there is none.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The type is not a STRONG one: those are derived, never stated.</exception>
    public static Normalisation Normalise(StatedIdentifier stated, string partyCountry = "")
    {
        if ((ushort)stated.Type is 0 or > 255)
        {
            throw new ArgumentOutOfRangeException(nameof(stated), stated.Type, "Only STRONG identifiers are stated; the others are derived.");
        }

        string raw = stated.Raw ?? "";
        if (raw.Length > LongestRaw)
        {
            return Refuse(stated, raw, "too-long", $"has more than {LongestRaw} characters");
        }

        string clean = CleanText.Of(raw);
        if (clean.Length == 0)
        {
            return Refuse(stated, raw, "empty", "is empty");
        }

        if (clean.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return Refuse(stated, raw, "not-text", "holds characters that are not valid Unicode");
        }

        string country = CountryCode.Of(string.IsNullOrWhiteSpace(stated.Country) ? partyCountry : stated.Country);
        Verdict verdict = Judge(stated.Type, clean, country);
        if (verdict.Value is not { } value)
        {
            return Refuse(stated, raw, verdict.Rule, verdict.Reason);
        }

        return Encoding.UTF8.GetByteCount(value) <= LongestValue
            ? Normalisation.Accepted(stated.Type, value)
            : Refuse(stated, raw, "too-long", $"is longer than {LongestValue} bytes in its normal form");
    }

    private static Verdict Judge(IdentifierType type, string clean, string country) => type switch
    {
        IdentifierType.Email => EmailAddress.Normalise(clean),
        IdentifierType.Phone => TelephoneNumber.Normalise(clean, country),
        IdentifierType.Iban => InternationalBankAccount.Normalise(clean),
        IdentifierType.BankAccount => BankAccountNumber.Normalise(clean, country),
        IdentifierType.Vat => VatNumber.Normalise(clean, country),
        IdentifierType.TaxNumber => TaxNumber.Normalise(clean, country),
        IdentifierType.Eori => EoriNumber.Normalise(clean),
        IdentifierType.CompanyRegistration => CompanyRegistrationNumber.Normalise(clean, country),
        IdentifierType.MarketplaceAccount => MarketplaceAccountName.Normalise(clean),
        IdentifierType.PaymentAccount => PaymentAccountName.Normalise(clean),
        IdentifierType.IdentityDocument => IdentityDocumentNumber.Normalise(clean, country),
        IdentifierType.Domain => DomainName.Normalise(clean),
        IdentifierType.StoreUrl => StorePage.Normalise(clean),
        IdentifierType.Container => FreightContainer.Normalise(clean),
        IdentifierType.AirWaybill => AirWaybillNumber.Normalise(clean),
        IdentifierType.PostalItem => PostalItemNumber.Normalise(clean),
        IdentifierType.GtinSerial => SerialisedItem.Normalise(clean),
        _ => Verdict.Refuse("unknown-type", "is of a type that this version does not know"),
    };

    private static Normalisation Refuse(StatedIdentifier stated, string raw, string rule, string reason) =>
        Normalisation.Rejected(new Rejection(stated.Type, rule, reason, raw));
}
