using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol.Identity;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Certificates;

/// <summary>The broker's own certificate: read at start, renewed under way without ending a connection. It comes from the authority that everybody knows, during a rotation the old one.</summary>
public sealed class BrokerCertificate
{
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly SecretFolder _secrets;
    private readonly NetworkAuthorities _authorities;
    private readonly SpiffeId _id;
    private readonly IReadOnlyList<string> _hosts;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private volatile X509Certificate2 _current;

    /// <summary>Reads the certificate; issues one where there is none, where it does not fit its key, where half of its life is over, or where its authority holds no more.</summary>
    public BrokerCertificate(
        string certificatePath, string keyPath, SecretFolder secrets, NetworkAuthorities authorities, SpiffeId id, IReadOnlyList<string> hosts, TimeSpan lifetime, TimeProvider time)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _secrets = secrets;
        _authorities = authorities;
        _id = id;
        _hosts = hosts;
        _lifetime = lifetime;
        _time = time;
        _current = CertificateFiles.TryRead(secrets, certificatePath, keyPath) ?? Issue();
        if (IsDue) Renew();
    }

    /// <summary>The certificate for new connections, with its key.</summary>
    public X509Certificate2 Current => _current;

    /// <summary>When the current certificate ends.</summary>
    public DateTimeOffset NotAfter => new(_current.NotAfter.ToUniversalTime(), TimeSpan.Zero);

    /// <summary>Whether half of its life is over, or it is not valid at all, or its authority is not the one it should be of.</summary>
    public bool IsDue
    {
        get
        {
            DateTimeOffset from = new(_current.NotBefore.ToUniversalTime(), TimeSpan.Zero), now = _time.GetUtcNow();
            return now >= from + (NotAfter - from) / 2 || new AuthoritySet([_authorities.KnownToAll.Certificate]).FindIssuer(_current, now) is null;
        }
    }

    /// <summary>Takes a new key and certificate into use, for connections from now on. The old one is left to the connections that use it.</summary>
    public void Renew() => _current = Issue();

    private X509Certificate2 Issue()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = _authorities.KnownToAll.Issue(new PublicKey(key), _id, _lifetime, _hosts);
        CertificateFiles.Replace(_secrets, _certificatePath, _keyPath, issued, key);
        return issued.CopyWithPrivateKey(key);
    }
}
