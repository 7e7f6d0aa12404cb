using Gateway.Matching.Identifiers;
using Gateway.Matching.Text;

namespace Gateway.Matching.Tests.Text;

/// <summary>What somebody who asks is found by in words that people have written.</summary>
public sealed class FreeTextTests
{
    private readonly FreeText _text = new("Ms WEBER (Élodie) of BAD-SHOES Trading:\tcall 030-123 45 67, IBAN DE89 3704 0044 0532 0130 00 or mail Sales@Bad-Shoes.example.\nNo more.");

    [Theory]
    [InlineData("Elodie Weber", PartyKind.Person, true)]
    [InlineData("Weber, Élodie", PartyKind.Unknown, true)]
    [InlineData("Bad Shoes Trading GmbH", PartyKind.Organisation, true)] // The legal form tells nobody from anybody.
    [InlineData("Anna Weber", PartyKind.Person, false)]
    [InlineData("Bad Boots Trading GmbH", PartyKind.Organisation, false)]
    [InlineData("", PartyKind.Unknown, false)]
    public void A_name_stands_in_a_text_when_all_of_its_words_do(string name, PartyKind kind, bool stands) => Assert.Equal(stands, _text.Names(name, kind));

    [Theory]
    [InlineData("sales@bad-shoes.example", IdentifierType.Email, true)]
    [InlineData("DE89370400440532013000", IdentifierType.Iban, true)]
    [InlineData("+49 30 1234567", IdentifierType.Phone, true)]
    [InlineData("+49 40 7654321", IdentifierType.Phone, false)]
    [InlineData("sale@bad-boots.example", IdentifierType.Email, false)]
    [InlineData("more", IdentifierType.MarketplaceAccount, false)] // Too short to tell.
    [InlineData("", IdentifierType.Email, false)]
    public void A_value_stands_in_a_text_however_it_is_spaced(string value, IdentifierType type, bool stands) => Assert.Equal(stands, _text.Has(value, type));
}
