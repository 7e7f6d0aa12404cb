using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;

namespace Gateway.Broker.Certificates;

/// <summary>The network's certificate authority (ECDSA P-256): issues the certificates of nodes, operators and the broker. Safe to use from several threads at once.</summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>Extended key usage: TLS server.</summary>
    public const string ServerAuthentication = AuthoritySet.ServerAuthentication;

    /// <summary>Extended key usage: TLS client.</summary>
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Longest certificate request in bytes.</summary>
    public const int MaximumRequest = 4 * 1_024;

    private const string P256 = "1.2.840.10045.3.1.7";

    // Peers' clocks are not exact: a certificate must hold at once.
    private static readonly TimeSpan Backdating = TimeSpan.FromMinutes(10);

    private readonly ECDsa _key;
    private readonly TimeProvider _time;
    private readonly RandomSource _random;

    /// <summary>An authority of a certificate and its key, which it owns.</summary>
    public CertificateAuthority(X509Certificate2 certificate, ECDsa key, TimeProvider time, RandomSource random)
    {
        Certificate = certificate;
        _key = key;
        _time = time;
        _random = random;
    }

    /// <summary>The authority's own certificate, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Makes a new authority that holds for ten years.</summary>
    public static CertificateAuthority Create(string network, TimeProvider time, RandomSource random)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={network} authority, O={network}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = time.GetUtcNow();
        using X509Certificate2 withKey = request.CreateSelfSigned(now - Backdating, now.AddYears(10));
        return new CertificateAuthority(X509CertificateLoader.LoadCertificate(withKey.RawData), key, time, random);
    }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Made => MadeOf(Certificate);

    /// <summary>When an authority was made, by its certificate.</summary>
    public static DateTimeOffset MadeOf(X509Certificate2 authority) => new DateTimeOffset(authority.NotBefore.ToUniversalTime(), TimeSpan.Zero) + Backdating;

    /// <summary>Its key, PKCS #8 in PEM.</summary>
    public string ExportKey() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>The public key of a node's PKCS #10 request.</summary>
    /// <exception cref="RefusalException">It is no request, its signature does not hold, or its key is not ECDSA P-256.</exception>
    public static PublicKey ReadRequest(ReadOnlySpan<byte> der)
    {
        if (der.Length is 0 or > MaximumRequest) throw InvalidRequest($"The certificate request has {der.Length} bytes; 1 to {MaximumRequest} are allowed.");
        try
        {
            // Only the key is taken from it, never a name or an extension; loading checks its signature.
            PublicKey key = CertificateRequest.LoadSigningRequest(der, HashAlgorithmName.SHA256, out int read, CertificateRequestLoadOptions.Default).PublicKey;
            using ECDsa? elliptic = key.GetECDsaPublicKey();
            if (read != der.Length || elliptic is null || elliptic.ExportParameters(false).Curve.Oid.Value != P256) throw InvalidRequest("The certificate request does not hold exactly one ECDSA P-256 key.");
            return key;
        }
        catch (CryptographicException)
        {
            throw InvalidRequest("The certificate request cannot be read, or its signature does not hold.");
        }
    }

    /// <summary>Issues the certificate of a node or an operator: usable as client and server.</summary>
    public X509Certificate2 Issue(PublicKey key, SpiffeId id, TimeSpan lifetime) => Issue(key, id, lifetime, []);

    /// <summary>Issues the broker's certificate, which also names its hosts.</summary>
    /// <param name="key">The broker's public key.</param>
    /// <param name="id">The broker's name.</param>
    /// <param name="lifetime">How long it holds.</param>
    /// <param name="hosts">DNS names and IP addresses.</param>
    public X509Certificate2 Issue(PublicKey key, SpiffeId id, TimeSpan lifetime, IEnumerable<string> hosts)
    {
        CertificateRequest request = new(new X500DistinguishedName($"CN={id.Name}, O={id.Network}"), key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri(id.ToString()));
        foreach (string host in hosts)
        {
            if (IPAddress.TryParse(host, out IPAddress? address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], critical: false));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        DateTimeOffset now = _time.GetUtcNow();
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), now - Backdating, now + lifetime, NewSerial());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    // RFC 5280 §4.1.2.2: positive and at most 20 bytes.
    private byte[] NewSerial()
    {
        byte[] serial = _random.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static RefusalException InvalidRequest(string what) =>
        new(Refusal.Invalid("CERTIFICATE_REQUEST_INVALID", what, "certificate_request", "Make a new ECDSA P-256 key and request with this program."));
}
