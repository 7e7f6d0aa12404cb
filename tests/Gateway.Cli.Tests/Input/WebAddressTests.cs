using Gateway.Cli.Input;
using Gateway.Matching.Identifiers;

namespace Gateway.Cli.Tests.Input;

public sealed class WebAddressTests
{
    [Theory]
    [InlineData("https://cheap-watches.example/shop/1", IdentifierType.Domain)]
    [InlineData("amazon-outlet.example", IdentifierType.Domain)]
    [InlineData("amazon.best-shop.example", IdentifierType.Domain)]
    [InlineData("https://www.amazon.co.uk/sp?seller=A1", IdentifierType.StoreUrl)]
    [InlineData("m.aliexpress.com/store/123", IdentifierType.StoreUrl)]
    [InlineData("t.me/shop", IdentifierType.StoreUrl)]
    public void A_site_is_told_from_a_page_on_a_marketplace(string address, IdentifierType expected) => Assert.Equal(expected, WebAddress.TypeOf(address));

    [Theory]
    [InlineData("https://www.ebay.de/")]
    [InlineData("amazon.com")]
    public void A_marketplace_itself_identifies_nobody(string address) => Assert.Null(WebAddress.TypeOf(address));
}
