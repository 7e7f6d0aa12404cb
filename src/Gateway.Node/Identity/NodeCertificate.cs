using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Node.Identity;

/// <summary>
/// The node's TLS certificate as it is now. Each renewal comes with a new key; connections made from then on show the new one. A node can be without one (its files are gone, or a stop between
/// the writing of key and certificate left a pair that does not fit): the member key gets it another.
/// </summary>
public sealed class NodeCertificate : IDisposable
{
    private readonly NodeDirectory _directory;
    private volatile X509Certificate2? _current;

    private NodeCertificate(NodeDirectory directory, X509Certificate2? current)
    {
        _directory = directory;
        _current = current;
    }

    /// <summary>Reads key and certificate from the node's folder.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">The folder is sealed and does not open.</exception>
    public static NodeCertificate Load(NodeDirectory directory) => new(directory, Read(directory));

    /// <summary>The certificate, with its key; null where there is none.</summary>
    public X509Certificate2? Current => _current;

    /// <summary>When half of its life is over: time to renew. At once where there is none.</summary>
    public DateTimeOffset RenewAt
    {
        get
        {
            if (_current is not { } current) return DateTimeOffset.MinValue;
            DateTimeOffset from = current.NotBefore.ToUniversalTime(), to = current.NotAfter.ToUniversalTime();
            return from + ((to - from) / 2);
        }
    }

    /// <summary>A PKCS #10 request for a key, DER. The broker decides the name; the subject only says who asks.</summary>
    public static byte[] Request(ECDsa key, string network) => new CertificateRequest($"CN={network} node", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>Takes a new certificate and its key into use: written to the folder, the key first, then shown.</summary>
    /// <param name="der">X.509 DER.</param>
    /// <param name="key">The key it was requested for; stays the caller's.</param>
    /// <exception cref="CryptographicException">It is no certificate of that key; the present one stays.</exception>
    public void Replace(byte[] der, ECDsa key)
    {
        using X509Certificate2 renewed = X509CertificateLoader.LoadCertificate(der);
        if (!renewed.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())) throw new CryptographicException("The renewed certificate is of another key than the one it was asked for.");
        Write(_directory, renewed, key);
        _current = Usable(renewed.CopyWithPrivateKey(key)); // The old one stays alive: a handshake may be using it.
    }

    /// <summary>Writes certificate and key into a node's folder.</summary>
    internal static void Write(NodeDirectory directory, X509Certificate2 certificate, ECDsa key)
    {
        byte[] pem = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
        directory.Secrets.Write(directory.TlsKeyFile, pem);
        CryptographicOperations.ZeroMemory(pem);
        NodeDirectory.WriteWhole(directory.CertificateFile, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
    }

    /// <inheritdoc/>
    public void Dispose() => _current?.Dispose();

    private static X509Certificate2? Read(NodeDirectory directory)
    {
        byte[]? pem = directory.Secrets.Read(directory.TlsKeyFile);
        if (pem is null || !File.Exists(directory.CertificateFile)) return null;
        try
        {
            return Usable(X509Certificate2.CreateFromPem(File.ReadAllText(directory.CertificateFile), Encoding.ASCII.GetString(pem)));
        }
        catch (Exception unfit) when (unfit is CryptographicException or ArgumentException)
        {
            // A key of another certificate is an ArgumentException, a file that cannot be read a CryptographicException. Neither is worth more than a renewal.
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
        }
    }

    // Through PKCS #12: a key straight from PEM is not accepted for TLS on every platform.
    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        using (certificate) return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
