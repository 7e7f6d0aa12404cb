using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Protocol.Identity;

namespace Gateway.Broker.Certificates;

/// <summary>The broker's own certificate: read at start, renewed under way without ending a connection.</summary>
public sealed class BrokerCertificate
{
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly CertificateAuthority _authority;
    private readonly SpiffeId _id;
    private readonly IReadOnlyList<string> _hosts;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private volatile X509Certificate2 _current;

    private BrokerCertificate(
        string certificatePath, string keyPath, CertificateAuthority authority, SpiffeId id, IReadOnlyList<string> hosts, TimeSpan lifetime, TimeProvider time, X509Certificate2 current)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _authority = authority;
        _id = id;
        _hosts = hosts;
        _lifetime = lifetime;
        _time = time;
        _current = current;
    }

    /// <summary>The certificate for new connections, with its key.</summary>
    public X509Certificate2 Current => _current;

    /// <summary>When the current certificate ends.</summary>
    public DateTimeOffset NotAfter => new(_current.NotAfter.ToUniversalTime(), TimeSpan.Zero);

    /// <summary>Whether half of its life is over, or it is not valid at all.</summary>
    public bool IsDue
    {
        get
        {
            DateTimeOffset from = new(_current.NotBefore.ToUniversalTime(), TimeSpan.Zero);
            return _time.GetUtcNow() >= from + (NotAfter - from) / 2;
        }
    }

    /// <summary>Reads the certificate; issues one where there is none, where it does not fit its key, or where half of its life is over.</summary>
    public static BrokerCertificate LoadOrIssue(
        string certificatePath, string keyPath, CertificateAuthority authority, SpiffeId id, IReadOnlyList<string> hosts, TimeSpan lifetime, TimeProvider time)
    {
        CertificateFiles.DeleteUnfinished(certificatePath, keyPath);
        if (TryRead(certificatePath, keyPath) is { } read)
        {
            BrokerCertificate stored = new(certificatePath, keyPath, authority, id, hosts, lifetime, time, read);
            if (stored.IsDue) stored.Renew();
            return stored;
        }

        return new BrokerCertificate(certificatePath, keyPath, authority, id, hosts, lifetime, time, Issue(certificatePath, keyPath, authority, id, hosts, lifetime));
    }

    /// <summary>Takes a new key and certificate into use, for connections from now on. The old one is left to the connections that use it.</summary>
    public void Renew() => _current = Issue(_certificatePath, _keyPath, _authority, _id, _hosts, _lifetime);

    private static X509Certificate2? TryRead(string certificatePath, string keyPath)
    {
        if (!File.Exists(certificatePath) || !File.Exists(keyPath)) return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // An elliptic key of another certificate is an ArgumentException, a file that cannot be read a CryptographicException.
            // A renewal that was cut short leaves the new key with the old certificate. Nothing is lost with either: the authority issues both anew.
            return null;
        }
    }

    private static X509Certificate2 Issue(string certificatePath, string keyPath, CertificateAuthority authority, SpiffeId id, IReadOnlyList<string> hosts, TimeSpan lifetime)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = authority.Issue(new PublicKey(key), id, lifetime, hosts);
        CertificateFiles.Replace(certificatePath, keyPath, issued, key);
        return issued.CopyWithPrivateKey(key);
    }
}
