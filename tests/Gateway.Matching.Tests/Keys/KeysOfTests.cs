using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;

namespace Gateway.Matching.Tests.Keys;

public sealed class KeysOfTests
{
    private static readonly Party Company = new()
    {
        Kind = PartyKind.Organisation, Name = "Brightwell Golden Leather Co., Ltd.", Street = "No. 12 Keji Road", City = "Shenzhen", Postcode = "518000", Country = "CN",
        Identifiers = [new(IdentifierType.Email, "Sales@Brightwell.example"), new(IdentifierType.Phone, "138 0013 8000"), new(IdentifierType.Iban, "GB00")],
    };

    private static readonly Party Person = new()
    {
        Kind = PartyKind.Person, Name = "MÜLLER, Jürgen", Street = "Hauptstraße 7a", City = "Köln", Postcode = "D-50667", Country = "DE",
    };

    [Fact]
    public void A_party_yields_its_identifiers_with_their_columns_and_its_rejections()
    {
        DerivedKeys keys = KeysOf.Of(new Shipment { Id = "1", Parties = [(PartyRole.Consignor, Company)] }, ScreeningScope.Default);
        Assert.Contains(new DerivedIdentifier(new Identifier(IdentifierType.Email, "sales@brightwell.example"), PartyRole.Consignor, "consignor_email"), keys.Identifiers);
        Assert.Contains(new DerivedIdentifier(new Identifier(IdentifierType.Phone, "+8613800138000"), PartyRole.Consignor, "consignor_phone"), keys.Identifiers);
        Assert.Equal(IdentifierType.Iban, Assert.Single(keys.Rejections).Type);
        Assert.Contains(keys.Identifiers, key => key.Identifier.Type == IdentifierType.CompanyStreetNumberPostcode && key.Field == "consignor_name+street+postcode");
        Assert.Equal(keys.Identifiers.Count, keys.Identifiers.Select(key => key.Identifier).Distinct().Count());
    }

    [Theory]
    [InlineData("brightwell golden leather co ltd")]
    [InlineData("BrightWell GoldenLeather Company Limited")]
    [InlineData("BRIGHTWELL, GOLDEN-LEATHER LLC")]
    [InlineData("Ｂｒｉｇｈｔｗｅｌｌ Golden Leather 有限公司")]
    public void Spacing_case_punctuation_and_legal_form_leave_the_company_key(string name) =>
        Assert.Contains(Key(Company, IdentifierType.CompanyStreetNumberPostcode), KeysOf.Of(Company with { Name = name }).Identifiers.Select(key => key.Identifier));

    [Theory]
    [InlineData("Jürgen Müller")]
    [InlineData("jurgen muller")]
    [InlineData("Muller, Jurgen")]
    [InlineData("Jürgen Peter Müller")]
    public void Order_case_and_diacritics_leave_the_persons_key(string name) =>
        Assert.Contains(Key(Person, IdentifierType.PersonNamePostcode), KeysOf.Of(Person with { Name = name, Postcode = "50667" }).Identifiers.Select(key => key.Identifier));

    [Fact]
    public void A_name_in_Cyrillic_meets_its_Latin_form() =>
        Assert.Equal(
            Key(Person with { Name = "Иван Петров" }, IdentifierType.PersonNamePostcode),
            Key(Person with { Name = "Ivan Petrov" }, IdentifierType.PersonNamePostcode));

    [Fact]
    public void No_key_is_made_from_parts_that_are_missing()
    {
        Assert.Empty(KeysOf.Of(new Party()).Identifiers);
        Assert.Empty(KeysOf.Of(new Party { Name = "Brightwell Leather" }).Identifiers);
        Assert.Empty(KeysOf.Of(Company with { Name = "", Identifiers = [] }).Identifiers);
        Assert.DoesNotContain(KeysOf.Of(Company with { Postcode = "000" }).Identifiers, key => key.Identifier.Type == IdentifierType.CompanyStreetNumberPostcode);
    }

    [Fact]
    public void An_unknown_kind_yields_the_keys_of_both()
    {
        IEnumerable<Identifier> both = KeysOf.Of(Person with { Kind = PartyKind.Unknown }).Identifiers.Select(key => key.Identifier);
        Assert.Superset(KeysOf.Of(Person).Identifiers.Select(key => key.Identifier).Where(key => key.Type < IdentifierType.PersonNameStreet).ToHashSet(), both.ToHashSet());
        Assert.Superset(KeysOf.Of(Person with { Kind = PartyKind.Organisation }).Identifiers.Select(key => key.Identifier).ToHashSet(), both.ToHashSet());
    }

    [Fact]
    public void Aliases_yield_keys_of_their_own() =>
        Assert.Contains(KeysOf.Of(Person with { Aliases = ["Hans Schmidt"] }).Identifiers, key => key.Field.StartsWith("aliases+", StringComparison.Ordinal));

    [Fact]
    public void A_natural_person_who_receives_is_screened_only_where_the_policy_says_so()
    {
        var shipment = new Shipment
        {
            Id = "1",
            Parties = [(PartyRole.Consignee, Person), (PartyRole.Consignee, Person with { Kind = PartyKind.Unknown }), (PartyRole.Consignee, Company with { Kind = PartyKind.Unknown })],
        };
        Assert.All(KeysOf.Of(shipment, ScreeningScope.Default).Identifiers, key => Assert.DoesNotContain("50667", key.Identifier.Value, StringComparison.Ordinal));
        Assert.NotEmpty(KeysOf.Of(shipment, ScreeningScope.Default).Identifiers);
        Assert.Contains(KeysOf.Of(shipment, ScreeningScope.AllParties).Identifiers, key => key.Identifier.Value.Contains("50667", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("12 Keji Road", "12")]
    [InlineData("Keji Road No. 012, 5th Floor", "12")]
    [InlineData("Flat 3, 12A Keji Road", "12")]
    [InlineData("Hauptstraße 12-14", "12")]
    [InlineData("科技路１２号", "12")]
    [InlineData("51st Street 12", "12")]
    public void The_street_number_is_found(string street, string number) =>
        Assert.EndsWith($"|{number}|518000", Key(Company with { Street = street }, IdentifierType.CompanyStreetNumberPostcode).Value, StringComparison.Ordinal);

    private static Identifier Key(Party party, IdentifierType type) => KeysOf.Of(party).Identifiers.First(key => key.Identifier.Type == type).Identifier;
}
