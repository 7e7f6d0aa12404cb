using Gateway.Protocol.Identity;

namespace Gateway.Protocol.Tests;

public sealed class SpiffeIdTests
{
    private const string Member = "00112233445566778899aabbccddeeff";

    [Fact]
    public void The_three_forms_are_read_as_they_are_written()
    {
        Assert.True(MemberId.TryParse(Member, out MemberId member));
        SpiffeId node = SpiffeId.ForNode("acx.example", member, "node-1"), operators = SpiffeId.ForOperator("acx.example", "ann"), broker = SpiffeId.ForBroker("acx.example", "b1");
        Assert.Equal($"spiffe://acx.example/{Member}/node-1", node.ToString());
        Assert.Equal((member, false, false), (node.Member!.Value, node.IsOperator, node.IsBroker));
        Assert.Equal((null, true, false), (operators.Member, operators.IsOperator, operators.IsBroker));
        Assert.Equal((null, false, true), (broker.Member, broker.IsOperator, broker.IsBroker));
        foreach (SpiffeId id in new[] { node, operators, broker })
        {
            Assert.True(SpiffeId.TryParse(id.ToString(), out SpiffeId? read));
            Assert.Equal(id, read);
            Assert.Equal(("acx.example", id.Name), (read.Network, read.Name));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("spiffe://")]
    [InlineData("https://acx.example/" + Member + "/node")]
    [InlineData("SPIFFE://acx.example/" + Member + "/node")]
    [InlineData(" spiffe://acx.example/" + Member + "/node")]
    [InlineData("spiffe://acx.example/" + Member + "/node ")]
    [InlineData("spiffe://acx.example/" + Member)]
    [InlineData("spiffe://acx.example/" + Member + "/")]
    [InlineData("spiffe://acx.example/" + Member + "/node/")]
    [InlineData("spiffe://acx.example//node")]
    [InlineData("spiffe:///" + Member + "/node")]
    [InlineData("spiffe://acx.example/" + Member + "/node/more")]
    [InlineData("spiffe://acx.example/" + Member + "/node?x")]
    [InlineData("spiffe://acx.example/" + Member + "/node#x")]
    [InlineData("spiffe://acx.example/" + Member + "/Node")]
    [InlineData("spiffe://acx.example/" + Member + "/-node")]
    [InlineData("spiffe://acx.example/" + Member + "/node-")]
    [InlineData("spiffe://acx.example/" + Member + "/n\u00F6de")]
    [InlineData("spiffe://acx.example/00112233445566778899AABBCCDDEEFF/node")]
    [InlineData("spiffe://acx.example/00112233445566778899aabbccddee/node")]
    [InlineData("spiffe://acx.example/operator/ann")]
    [InlineData("spiffe://acx.example/Broker/b1")]
    [InlineData("spiffe://Acx.example/" + Member + "/node")]
    [InlineData("spiffe://acx..example/" + Member + "/node")]
    [InlineData("spiffe://.acx.example/" + Member + "/node")]
    [InlineData("spiffe://acx.example./" + Member + "/node")]
    [InlineData("spiffe://acx.example:443/" + Member + "/node")]
    [InlineData("spiffe://user@acx.example/" + Member + "/node")]
    [InlineData("spiffe://a+b/" + Member + "/node")]
    public void Anything_else_is_refused(string? uri)
    {
        Assert.False(SpiffeId.TryParse(uri, out SpiffeId? id));
        Assert.Null(id);
    }

    [Fact]
    public void Names_have_at_most_63_characters_and_are_not_made_of_others()
    {
        string longest = new('a', 63);
        Assert.True(SpiffeId.TryParse($"spiffe://{longest}/{Member}/{longest}", out _));
        Assert.False(SpiffeId.TryParse($"spiffe://{longest}a/{Member}/node", out _));
        Assert.False(SpiffeId.TryParse($"spiffe://acx/{Member}/{longest}a", out _));
        Assert.Throws<ArgumentException>(() => SpiffeId.ForNode("Acx", default, "node"));
        Assert.Throws<ArgumentException>(() => SpiffeId.ForOperator("acx", "Ann Smith"));
        Assert.Throws<ArgumentException>(() => SpiffeId.ForBroker("acx", ""));
    }
}
