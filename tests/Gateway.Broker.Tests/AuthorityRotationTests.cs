using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Tests;

/// <summary>The network's authority is changed by two operators, with an overlap, and nobody is left behind unsaid.</summary>
public sealed class AuthorityRotationTests
{
    [Fact]
    public async Task During_the_overlap_certificates_of_both_authorities_hold_and_after_it_those_of_the_new_one()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        X509Certificate2 old = broker.Authority;
        X509Certificate2 young = await RotateAsync(broker);
        Assert.Equal([Fingerprint(young), Fingerprint(old)], InForce(broker));
        Assert.Equal([Fingerprint(young), Fingerprint(old)], AuthoritySet.FromPem(await File.ReadAllTextAsync(broker.Options.Files.AuthorityCertificate)).Authorities.Select(Fingerprint));

        // Until every verifier has read of the new one, the old one issues; and it goes on to issue the broker's own.
        Assert.True(IsOf(await RenewAsync(broker, network.Steward), old));
        broker.Time.Advance(broker.Options.AuthoritySettling);
        X509Certificate2 renewed = await RenewAsync(broker, network.Steward);
        Assert.True(IsOf(renewed, young));
        Assert.True(IsOf(broker.Core.Certificate.Current, old));
        await CallAsync(broker, network.Steward.Certificate);
        await CallAsync(broker, renewed);

        // As long as calls may be under way over the connection before, the one who has renewed counts as missing too.
        Change retirement = Retire(old);
        broker.Time.Advance(broker.Options.AuthoritySettling);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(retirement));
        Assert.Equal("AUTHORITY_IN_USE", refused.ToRefusal("broker").Code);
        Assert.Contains("Second Retail", refused.ToRefusal("broker").What, StringComparison.Ordinal);
        Assert.DoesNotContain("Steward Retail", refused.ToRefusal("broker").What, StringComparison.Ordinal);

        X509Certificate2 second = await RenewAsync(broker, network.Second), outsider = await RenewAsync(broker, network.Outsider);
        broker.Time.Advance(broker.Options.AuthoritySettling);
        await broker.DecideAsync(retirement);
        Assert.Equal([Fingerprint(young)], InForce(broker));
        Assert.True(IsOf(broker.Core.Certificate.Current, young));
        foreach (X509Certificate2 moved in (X509Certificate2[])[renewed, second, outsider]) Assert.Null(Record(() => broker.Core.Identifier.Identify(moved)));
        Assert.Equal("CERTIFICATE_UNTRUSTED", Record(() => broker.Core.Identifier.Identify(network.Steward.Certificate)));

        // The retired authority's key is gone, and the broker starts without it.
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(broker.Options.Files.AuthorityKey));
        Assert.Equal(young.PublicKey.ExportSubjectPublicKeyInfo(), key.ExportSubjectPublicKeyInfo());
        await broker.RestartAsync();
        Assert.Equal([Fingerprint(young)], InForce(broker));
    }

    [Fact]
    public async Task Who_stays_away_is_left_behind_by_force_after_the_overlap_and_not_before()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        X509Certificate2 old = broker.Authority;
        await RotateAsync(broker);
        Change forced = Retire(old, forced: true);
        Assert.Equal("AUTHORITY_OVERLAP", (await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(forced))).ToRefusal("broker").Code);
        broker.Time.Advance(broker.Options.AuthorityOverlap - TimeSpan.FromMinutes(1));
        await broker.RestartAsync();
        RefusalException early = await Assert.ThrowsAsync<RefusalException>(() => broker.Core.Changes.ProposeAsync("first", forced, CancellationToken.None));
        Assert.Equal("AUTHORITY_OVERLAP", early.Refusal.Code);
        broker.Time.Advance(TimeSpan.FromMinutes(2));
        ChangeRecord proposed = await broker.Core.Changes.ProposeAsync("first", forced, CancellationToken.None);
        await broker.Core.Changes.ApproveAsync("second", proposed.Id, CancellationToken.None);
        Assert.Single(InForce(broker));
    }

    [Fact]
    public async Task Only_an_authority_whose_key_the_broker_made_is_added_and_the_last_one_stays()
    {
        await using TestNetwork network = await TestNetwork.StartAsync();
        TestBroker broker = network.Broker;
        Assert.Equal("AUTHORITY_LAST", (await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(Retire(broker.Authority)))).ToRefusal("broker").Code);
        using Gateway.Broker.Certificates.CertificateAuthority foreign = Gateway.Broker.Certificates.CertificateAuthority.Create(TestBroker.Network, broker.Time, RandomSource.System);
        Assert.Equal("AUTHORITY_KEY_MISSING", (await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(Add(foreign.Certificate)))).ToRefusal("broker").Code);
        Assert.Equal("AUTHORITY_IN_FORCE", (await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(Add(broker.Authority)))).ToRefusal("broker").Code);
        Assert.Equal("AUTHORITY_INVALID", (await Assert.ThrowsAsync<RpcException>(() => broker.ProposeAsync(Add(network.Steward.Certificate)))).ToRefusal("broker").Code);

        // Prepared twice it is the same, also over a restart in between.
        ByteString prepared = await PrepareAsync(broker);
        await broker.RestartAsync();
        Assert.Equal(prepared, await PrepareAsync(broker));
    }

    private static async Task<X509Certificate2> RotateAsync(TestBroker broker)
    {
        X509Certificate2 prepared = X509CertificateLoader.LoadCertificate((await PrepareAsync(broker)).Span);
        await broker.DecideAsync(Add(prepared));
        return prepared;
    }

    private static async Task<ByteString> PrepareAsync(TestBroker broker) =>
        (await new CertificatesService.CertificatesServiceClient(broker.ConnectAsOperator()).PrepareAuthorityAsync(new PrepareAuthorityRequest())).Certificate;

    private static Change Add(X509Certificate2 authority) => new() { CertificateAuthority = new CertificateAuthorityChange { Certificate = ByteString.CopyFrom(authority.RawData), Action = AuthorityAction.Added } };

    private static Change Retire(X509Certificate2 authority, bool forced = false) =>
        new() { CertificateAuthority = new CertificateAuthorityChange { Certificate = ByteString.CopyFrom(authority.RawData), Action = AuthorityAction.Retired, Forced = forced } };

    private static async Task<X509Certificate2> RenewAsync(TestBroker broker, TestMember member)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        RenewCertificateResponse response = await new MembershipService.MembershipServiceClient(broker.Connect(null)).RenewCertificateAsync(new RenewCertificateRequest
        {
            CertificateRequest = ByteString.CopyFrom(request),
            MemberId = ByteString.CopyFrom(member.Id.ToArray()),
            CertificateRequestSignature = ByteString.CopyFrom(CertificateRequestProof.Sign(request, broker.GenesisHash, member.Keys.Member)),
        });
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(response.Certificate.Span);
        return issued.CopyWithPrivateKey(key);
    }

    private static async Task CallAsync(TestBroker broker, X509Certificate2 shown) => await new MembershipService.MembershipServiceClient(broker.Connect(shown)).GetDirectoryAsync(new GetDirectoryRequest());

    private static bool IsOf(X509Certificate2 certificate, X509Certificate2 authority) => new AuthoritySet([authority]).FindIssuer(certificate, certificate.NotBefore.ToUniversalTime().AddMinutes(20)) is not null;

    private static IEnumerable<string> InForce(TestBroker broker) => broker.Core.Authorities.InForce.Select(Fingerprint);

    private static string Fingerprint(X509Certificate2 certificate) => AuthoritySet.Fingerprint(certificate);

    private static string? Record(Action identify)
    {
        try
        {
            identify();
            return null;
        }
        catch (RefusalException refused)
        {
            return refused.Refusal.Code;
        }
    }
}
