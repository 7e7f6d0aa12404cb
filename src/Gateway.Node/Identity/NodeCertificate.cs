using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Protocol.Identity;

namespace Gateway.Node.Identity;

/// <summary>The node's TLS certificate as it is now. Renewal replaces it; connections made from then on show the new one.</summary>
public sealed class NodeCertificate : IDisposable
{
    private readonly NodeDirectory _directory;
    private volatile X509Certificate2 _current;

    private NodeCertificate(NodeDirectory directory, X509Certificate2 current)
    {
        _directory = directory;
        _current = current;
    }

    /// <summary>Reads key and certificate from the node's folder.</summary>
    public static NodeCertificate Load(NodeDirectory directory) => new(directory, Read(directory));

    /// <summary>The certificate, with its key.</summary>
    public X509Certificate2 Current => _current;

    /// <summary>When half of its life is over: time to renew.</summary>
    public DateTimeOffset RenewAt
    {
        get
        {
            X509Certificate2 current = _current;
            DateTimeOffset from = current.NotBefore.ToUniversalTime(), to = current.NotAfter.ToUniversalTime();
            return from + ((to - from) / 2);
        }
    }

    /// <summary>A PKCS #10 request for a key, DER. The broker decides the name; the subject only says who asks.</summary>
    public static byte[] Request(ECDsa key, string network) => new CertificateRequest($"CN={network} node", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>A request for the node's present key, DER.</summary>
    public byte[] RequestRenewal(string network)
    {
        using ECDsa key = _current.GetECDsaPrivateKey()!;
        return Request(key, network);
    }

    /// <summary>Takes a renewed certificate: written to the folder whole, then used.</summary>
    /// <param name="der">X.509 DER.</param>
    /// <exception cref="CryptographicException">It is no certificate of this node's key; the present one stays.</exception>
    public void Replace(byte[] der)
    {
        using X509Certificate2 renewed = X509CertificateLoader.LoadCertificate(der);
        if (!renewed.GetPublicKey().AsSpan().SequenceEqual(_current.GetPublicKey())) throw new CryptographicException("The renewed certificate is of another key than this node's.");
        NodeDirectory.WriteWhole(_directory.CertificateFile, Encoding.ASCII.GetBytes(renewed.ExportCertificatePem()));
        _current = Read(_directory); // The old one stays alive: a handshake may be using it.
    }

    /// <inheritdoc/>
    public void Dispose() => _current.Dispose();

    private static X509Certificate2 Read(NodeDirectory directory)
    {
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(directory.CertificateFile, directory.TlsKeyFile);
        // Through PKCS #12: a key straight from PEM is not accepted for TLS on every platform.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
