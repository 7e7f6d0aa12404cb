using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Broker.Certificates;
using Gateway.Broker.Hosting;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Evaluators;

/// <summary>The evaluator's TLS certificate as it is now: shown to nodes as server, to the broker as client.</summary>
public sealed class EvaluatorCertificate
{
    private readonly EvaluatorFiles _files;
    private readonly SecretFolder _secrets;
    private volatile X509Certificate2 _current;

    private EvaluatorCertificate(EvaluatorFiles files, SecretFolder secrets, X509Certificate2 current)
    {
        _files = files;
        _secrets = secrets;
        _current = current;
    }

    /// <summary>Reads key and certificate.</summary>
    public static EvaluatorCertificate Load(EvaluatorFiles files, SecretFolder secrets) => new(files, secrets, Read(files, secrets));

    /// <summary>The certificate, with its key.</summary>
    public X509Certificate2 Current => _current;

    /// <summary>When half of its life is over.</summary>
    public DateTimeOffset RenewAt
    {
        get
        {
            DateTimeOffset from = _current.NotBefore.ToUniversalTime(), to = _current.NotAfter.ToUniversalTime();
            return from + ((to - from) / 2);
        }
    }

    /// <summary>A request for the present key, DER.</summary>
    public byte[] Request(string name)
    {
        using ECDsa key = _current.GetECDsaPrivateKey()!;
        return EvaluatorInitialiser.RequestOf(key, name).CreateSigningRequest();
    }

    /// <summary>Takes a renewed certificate into use for connections from now on.</summary>
    /// <exception cref="CryptographicException">It is of another key; the present one stays.</exception>
    public void Replace(byte[] der)
    {
        using X509Certificate2 renewed = X509CertificateLoader.LoadCertificate(der);
        if (!renewed.GetPublicKey().AsSpan().SequenceEqual(_current.GetPublicKey())) throw new CryptographicException("The renewed certificate is of another key than this evaluator's.");
        CertificateFiles.ReplaceSecret(_files.TlsCertificate, Encoding.ASCII.GetBytes(renewed.ExportCertificatePem()));
        _current = Read(_files, _secrets); // The old one stays alive: a handshake may be using it.
    }

    /// <summary>The TLS key.</summary>
    internal static ECDsa ReadKey(EvaluatorFiles files, SecretFolder secrets)
    {
        byte[] pem = secrets.Read(files.TlsKey) ?? throw new BrokerOptionsException([$"{files.TlsKey} does not exist: restore it from a backup."]);
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(Encoding.ASCII.GetString(pem));
        CryptographicOperations.ZeroMemory(pem);
        return key;
    }

    private static X509Certificate2 Read(EvaluatorFiles files, SecretFolder secrets)
    {
        using ECDsa key = ReadKey(files, secrets);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(files.TlsCertificate));
        using X509Certificate2 pem = certificate.CopyWithPrivateKey(key);

        // Through PKCS #12: a key straight from PEM is not accepted for TLS on every platform.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
