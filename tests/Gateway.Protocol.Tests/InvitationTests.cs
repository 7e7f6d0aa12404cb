using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;

namespace Gateway.Protocol.Tests;

public sealed class InvitationTests
{
    private static readonly InvitationFile Sent = new()
    {
        Network = "net.gateway.example",
        Broker = "https://broker.example:8443",
        CertificateAuthority = "certificate",
        GenesisHash = Convert.ToHexStringLower(Sample.Bytes("genesis")),
        MemberId = Sample.Member.ToString(),
        Name = "Ann & Söhne",
        Role = "RETAILER",
        Token = Convert.ToHexStringLower(Sample.Bytes("token")),
        ExpiresAt = DateTimeOffset.UnixEpoch,
    };

    private static readonly string[] Also = ["https://broker.example:8444", "https://broker.example:8445"];

    [Fact]
    public void An_invitation_is_read_as_it_was_written_and_shows_its_secret_to_nobody()
    {
        InvitationFile read = InvitationFile.Parse((Sent with { BrokerAlsoAt = Also }).ToJson());
        Assert.Equal(Also, read.BrokerAlsoAt);
        Assert.Equal(Sent, read with { BrokerAlsoAt = Sent.BrokerAlsoAt });
        Assert.DoesNotContain(Sent.Token, Sent.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    public void What_is_no_invitation_is_refused(string text)
    {
        Assert.Equal("INVITATION_UNREADABLE", Assert.Throws<RefusalException>(() => InvitationFile.Parse(text)).Refusal.Code);
    }

    [Fact]
    public void An_invitation_with_a_field_missing_is_refused()
    {
        string[] lines = Sent.ToJson().Split('\n');
        foreach (string line in lines.Where(line => line.Contains(':', StringComparison.Ordinal) && !line.Contains("expires_at", StringComparison.Ordinal) && !line.Contains("broker_also_at", StringComparison.Ordinal)))
        {
            string text = string.Join('\n', lines.Except([line]));
            Assert.Equal("INVITATION_UNREADABLE", Assert.Throws<RefusalException>(() => InvitationFile.Parse(text)).Refusal.Code);
        }
    }
}
