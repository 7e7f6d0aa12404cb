using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>The certificate authorities of a network, as the log names them.</summary>
public sealed class AuthorityTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_log_rotates_authorities_one_overlap_after_the_other()
    {
        (ECDsa _, X509Certificate2 first) = Authority();
        (ECDsa _, X509Certificate2 second) = Authority();
        (ECDsa _, X509Certificate2 third) = Authority();
        TestNetwork network = Network(first);
        Assert.Equal([Fingerprint(first)], InForce(network));
        network.Accept(Names(second, first));
        Assert.Equal([Fingerprint(second), Fingerprint(first)], InForce(network));
        network.Accept(Names(second));
        network.Accept(Names(third, second));
        Assert.Equal([Fingerprint(third), Fingerprint(second)], InForce(network));
    }

    [Fact]
    public void A_change_that_nobody_could_follow_or_that_is_none_contradicts_the_log()
    {
        (ECDsa key, X509Certificate2 first) = Authority();
        (ECDsa _, X509Certificate2 other) = Authority();
        TestNetwork network = Network(first);
        Assert.Contains("nobody could follow", network.Refuse(Names(other)), StringComparison.Ordinal);
        Assert.Contains("named before", network.Refuse(Names(first)), StringComparison.Ordinal);
        Assert.Contains("twice", network.Refuse(Names(first, first)), StringComparison.Ordinal);
        Assert.Contains("0 certificate authorities", network.Refuse(Names()), StringComparison.Ordinal);
        Assert.Contains("4 certificate authorities", network.Refuse(Names(first, other, Authority().Certificate, Authority().Certificate)), StringComparison.Ordinal);
        Assert.Contains("is none", network.Refuse(Names(first, Leaf(key, first, "spiffe://n/broker/broker"))), StringComparison.Ordinal);
        Entry garbage = Names(first);
        garbage.CertificateAuthorities.Certificates.Add(ByteString.CopyFromUtf8("no certificate"));
        Assert.Contains("is none", network.Refuse(garbage), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_is_believed_under_each_authority_in_force_and_under_no_other()
    {
        (ECDsa oldKey, X509Certificate2 old) = Authority();
        (ECDsa newKey, X509Certificate2 young) = Authority();
        using X509Certificate2 underOld = Leaf(oldKey, old, "spiffe://n/broker/broker"), underNew = Leaf(newKey, young, "spiffe://n/broker/broker");
        AuthoritySet both = new([young, old]);
        Assert.Equal(Fingerprint(old), Fingerprint(both.FindIssuer(underOld, Now)!));
        Assert.Equal(Fingerprint(young), Fingerprint(both.FindIssuer(underNew, Now, AuthoritySet.ServerAuthentication)!));
        Assert.Null(both.FindIssuer(underNew, Now.AddDays(2)));
        Assert.Null(new AuthoritySet([old]).FindIssuer(underNew, Now));
        Assert.Null(new AuthoritySet([]).FindIssuer(underNew, Now));
        Assert.Equal([Fingerprint(young), Fingerprint(old)], AuthoritySet.FromPem(both.ToPem()).Authorities.Select(Fingerprint));
        Assert.Equal("AUTHORITY_UNREADABLE", Assert.Throws<RefusalException>(() => AuthoritySet.FromPem("nothing")).Refusal.Code);
    }

    private static TestNetwork Network(X509Certificate2 authority)
    {
        Entry genesis = TestNetwork.GenesisEntry();
        genesis.Genesis.CaCertificate = ByteString.CopyFrom(authority.RawData);
        TestNetwork network = new();
        network.Accept(genesis);
        return network;
    }

    private static IEnumerable<string> InForce(TestNetwork network) => AuthoritySet.FromDer(network.State.Authorities).Authorities.Select(Fingerprint);

    private static string Fingerprint(X509Certificate2 certificate) => AuthoritySet.Fingerprint(certificate);

    private static Entry Names(params X509Certificate2[] authorities) =>
        new() { CertificateAuthorities = new CertificateAuthorities { Certificates = { authorities.Select(authority => ByteString.CopyFrom(authority.RawData)) } } };

    // All of one name, as those of one network are.
    private static (ECDsa Key, X509Certificate2 Certificate) Authority()
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using X509Certificate2 withKey = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(10));
        return (key, X509CertificateLoader.LoadCertificate(withKey.RawData));
    }

    private static X509Certificate2 Leaf(ECDsa authorityKey, X509Certificate2 authority, string uri)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=leaf", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(AuthoritySet.ServerAuthentication)], false));
        return request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), Now.AddHours(-1), Now.AddDays(1), [1, 2, 3]);
    }
}
