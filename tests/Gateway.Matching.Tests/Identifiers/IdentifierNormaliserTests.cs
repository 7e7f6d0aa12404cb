using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Tests.Identifiers;

public sealed class IdentifierNormaliserTests
{
    [Theory]
    [InlineData(IdentifierType.Email, "", " John.Doe+shop@GoogleMail.com ", "johndoe@gmail.com")]
    [InlineData(IdentifierType.Email, "", "Wei <mailto:Wei@Bücher.example>", "wei@xn--bcher-kva.example")]
    [InlineData(IdentifierType.Email, "", "a+b@company.example", "a+b@company.example")]
    [InlineData(IdentifierType.Email, "", "A+b@Hotmail.com", "a@hotmail.com")]
    [InlineData(IdentifierType.Email, "", "name-tag@yahoo.com", "name@yahoo.com")]
    [InlineData(IdentifierType.Email, "", "tag@user.fastmail.com", "user@fastmail.com")]
    [InlineData(IdentifierType.Email, "", "j\u200Bo@exa\u00ADmple.com", "jo@example.com")]
    [InlineData(IdentifierType.Phone, "GB", "(020) 7946 0018", "+442079460018")]
    [InlineData(IdentifierType.Phone, "DE", "+49 (0)30 123456 ext. 12", "+4930123456")]
    [InlineData(IdentifierType.Phone, "IT", "06 6982 1234", "+390669821234")]
    [InlineData(IdentifierType.Phone, "CN", "８６-138 0013 8000", "+8613800138000")]
    [InlineData(IdentifierType.Phone, "US", "011 86 138 0013 8000", "+8613800138000")]
    [InlineData(IdentifierType.Phone, "RU", "8 (495) 123-45-67", "+74951234567")]
    [InlineData(IdentifierType.Phone, "", "0086 138 0013 8000", "+8613800138000")]
    [InlineData(IdentifierType.Phone, "MX", "+52 1 55 1234 5678", "+525512345678")]
    [InlineData(IdentifierType.Iban, "", "IBAN: gb82 west 1234-5698 7654 32", "GB82WEST12345698765432")]
    [InlineData(IdentifierType.BankAccount, "US", "021000021 / 123456789", "US:021000021123456789")]
    [InlineData(IdentifierType.Vat, "", "DE 136.695.976", "DE136695976")]
    [InlineData(IdentifierType.Vat, "DE", "136695976", "DE136695976")]
    [InlineData(IdentifierType.Vat, "GR", "GR 094259216", "EL094259216")]
    [InlineData(IdentifierType.Vat, "CH", "CHE-107.787.577 IVA", "CHE107787577")]
    [InlineData(IdentifierType.Vat, "", "GB 980 7806 84 001", "GB980780684")]
    [InlineData(IdentifierType.Eori, "", "de 1234567", "DE1234567")]
    [InlineData(IdentifierType.CompanyRegistration, "", "91110000600037341l", "CN:91110000600037341L")]
    [InlineData(IdentifierType.CompanyRegistration, "", "91110000600037341L", "CN:91110000600037341L")]
    [InlineData(IdentifierType.CompanyRegistration, "CN", "9111 0108 5513 8578 2T", null)]
    [InlineData(IdentifierType.CompanyRegistration, "RU", "1022200525819", "RU:1022200525819")]
    [InlineData(IdentifierType.CompanyRegistration, "", "GB:1234567", "GB:01234567")]
    [InlineData(IdentifierType.TaxNumber, "RU", "7707083893", "RU:7707083893")]
    [InlineData(IdentifierType.TaxNumber, "", "CO:213.123.432-1", "CO:213123432")]
    [InlineData(IdentifierType.TaxNumber, "MX", "GODE561231GR8", "MX:GODE561231GR8")]
    [InlineData(IdentifierType.MarketplaceAccount, "", "Amazon.de : @TopShop", "amazon:topshop")]
    [InlineData(IdentifierType.PaymentAccount, "", "PayPal:John.Doe@gmail.com", "paypal:johndoe@gmail.com")]
    [InlineData(IdentifierType.PaymentAccount, "", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "btc:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")]
    [InlineData(IdentifierType.PaymentAccount, "", "BTC:BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")]
    [InlineData(IdentifierType.PaymentAccount, "", "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")]
    [InlineData(IdentifierType.IdentityDocument, "", "DE:passport:C01X 00T47", "DE:PASSPORT:C01X00T47")]
    [InlineData(IdentifierType.IdentityDocument, "CN", "NATIONAL_ID:11010519491231002x", "CN:NATIONAL_ID:11010519491231002X")]
    [InlineData(IdentifierType.Domain, "", "https://www.Bücher.Example:443/a?b", "xn--bcher-kva.example")]
    [InlineData(IdentifierType.Domain, "", "ｅｘａｍｐｌｅ。ｃｏｍ", "example.com")]
    [InlineData(IdentifierType.StoreUrl, "", "http://m.shop.example/Store/Top%20Shop/?utm=1#x", "shop.example/store/top shop")]
    [InlineData(IdentifierType.Container, "", "csqu 305438-3", "CSQU3054383")]
    [InlineData(IdentifierType.AirWaybill, "", "020-1234 5675", "02012345675")]
    [InlineData(IdentifierType.PostalItem, "", "rr 473 124 829 cn", "RR473124829CN")]
    [InlineData(IdentifierType.GtinSerial, "", "4006381333931:AbC-1", "04006381333931:AbC-1")]
    [InlineData(IdentifierType.GtinSerial, "", "(01)04006381333931(21)AbC-1", "04006381333931:AbC-1")]
    public void A_stated_identifier_has_one_normal_form(IdentifierType type, string country, string raw, string? expected)
    {
        Normalisation normalisation = IdentifierNormaliser.Normalise(new StatedIdentifier(type, raw), country);
        Assert.Equal(expected, normalisation.Identifier?.Value);
    }

    [Theory]
    [InlineData(IdentifierType.Email, "nobody", "email-form")]
    [InlineData(IdentifierType.Email, "a..b@example.com", "email-mailbox")]
    [InlineData(IdentifierType.Email, "a b@example.com", "email-mailbox")]
    [InlineData(IdentifierType.Email, "a@localhost", "email-domain")]
    [InlineData(IdentifierType.Phone, "030 123456", "phone-country")]
    [InlineData(IdentifierType.Phone, "+1 123 456 7890", "phone-area")]
    [InlineData(IdentifierType.Phone, "+49 1", "phone-length")]
    [InlineData(IdentifierType.Phone, "+999 12345678", "phone-country")]
    [InlineData(IdentifierType.Phone, "0000000000", "phone-length")]
    [InlineData(IdentifierType.Phone, "1-800-FLOWERS", "phone-form")]
    [InlineData(IdentifierType.Iban, "GB83WEST12345698765432", "iban-check-digits")]
    [InlineData(IdentifierType.Iban, "GB82WEST1234569876543", "iban-length")]
    [InlineData(IdentifierType.Iban, "US82WEST12345698765432", "iban-country")]
    [InlineData(IdentifierType.Iban, "GB8212341234569876543A", "iban-structure")]
    [InlineData(IdentifierType.Vat, "DE136695978", "vat-check-digits")]
    [InlineData(IdentifierType.Vat, "136695976", "vat-country")]
    [InlineData(IdentifierType.Eori, "US1234567", "eori-country")]
    [InlineData(IdentifierType.CompanyRegistration, "CN:911100006000373410", "registration-check-digit")]
    [InlineData(IdentifierType.CompanyRegistration, "12345678", "registration-country")]
    [InlineData(IdentifierType.TaxNumber, "RU:7707083894", "tax-number-check-digit")]
    [InlineData(IdentifierType.MarketplaceAccount, "topshop", "account-platform")]
    [InlineData(IdentifierType.PaymentAccount, "btc:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "payment-address")]
    [InlineData(IdentifierType.PaymentAccount, "johndoe", "payment-service")]
    [InlineData(IdentifierType.IdentityDocument, "C01X00T47", "document-form")]
    [InlineData(IdentifierType.IdentityDocument, "CN:NATIONAL_ID:110105194912310021", "document-check-digit")]
    [InlineData(IdentifierType.Domain, "localhost", "domain-form")]
    [InlineData(IdentifierType.Domain, "192.168.0.1", "domain-top-level")]
    [InlineData(IdentifierType.Domain, "ftp://example.com", "domain-form")]
    [InlineData(IdentifierType.StoreUrl, "shop.example", "url-path")]
    [InlineData(IdentifierType.Container, "CSQU3054384", "container-check-digit")]
    [InlineData(IdentifierType.Container, "CSQX3054383", "container-category")]
    [InlineData(IdentifierType.AirWaybill, "02012345676", "air-waybill-check-digit")]
    [InlineData(IdentifierType.PostalItem, "RR473124828CN", "postal-item-check-digit")]
    [InlineData(IdentifierType.GtinSerial, "4006381333932:1", "gtin-check-digit")]
    [InlineData(IdentifierType.Email, " \u200B ", "empty")]
    [InlineData(IdentifierType.Email, "a\uD800@example.com", "not-text")]
    public void What_breaks_a_rule_is_refused_by_its_name(IdentifierType type, string raw, string rule)
    {
        Normalisation normalisation = IdentifierNormaliser.Normalise(new StatedIdentifier(type, raw));
        Assert.Equal(rule, normalisation.Rejection?.Rule);
        Assert.Null(normalisation.Identifier);
    }

    [Fact]
    public void A_rejection_quotes_the_value_to_its_author_and_to_no_log()
    {
        Rejection? rejection = IdentifierNormaliser.Normalise(new StatedIdentifier(IdentifierType.Iban, "GB83WEST12345698765432")).Rejection;
        Assert.Equal("IBAN \"GB83WEST12345698765432\": check digits do not match", rejection?.Message);
        Assert.DoesNotContain("WEST", rejection?.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("WEST", rejection?.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IdentifierType.None)]
    [InlineData(IdentifierType.CompanyCity)]
    public void A_derived_type_cannot_be_stated(IdentifierType type) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => IdentifierNormaliser.Normalise(new StatedIdentifier(type, "x")));
}
