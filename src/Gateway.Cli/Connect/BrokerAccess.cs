using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Node.Broker;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;
using Grpc.Core;

namespace Gateway.Cli.Connect;

/// <summary>The broker, reached as the operator whose certificate lies in the broker's folder, or as the node whose folder is given.</summary>
public sealed class BrokerAccess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BrokerConnection _connection;
    private readonly IDisposable[] _certificates;

    private BrokerAccess(BrokerConnection connection, params IDisposable[] certificates)
    {
        _connection = connection;
        _certificates = certificates;
        Members = new MembershipService.MembershipServiceClient(connection.Invoker);
        Log = new LogService.LogServiceClient(connection.Invoker);
        Certificates = new CertificatesService.CertificatesServiceClient(connection.Invoker);
        Administration = new AdministrationService.AdministrationServiceClient(connection.Invoker);
    }

    /// <summary>Members and circles.</summary>
    public MembershipService.MembershipServiceClient Members { get; }

    /// <summary>The log.</summary>
    public LogService.LogServiceClient Log { get; }

    /// <summary>Certificates issued and denied.</summary>
    public CertificatesService.CertificatesServiceClient Certificates { get; }

    /// <summary>What operators decide.</summary>
    public AdministrationService.AdministrationServiceClient Administration { get; }

    /// <summary>Deadline of one call.</summary>
    public DateTime Deadline => _connection.Deadline(Patience);

    /// <summary>As an operator.</summary>
    /// <param name="folder">The broker's folder.</param>
    /// <param name="operatorName">Whose certificate.</param>
    /// <param name="secret">What opens the broker's keys; null where they are not sealed.</param>
    /// <exception cref="RefusalException">There is no such operator's certificate, or its key does not open.</exception>
    public static BrokerAccess AsOperator(string folder, string operatorName, SealingSecret? secret = null)
    {
        BrokerOptions options = BrokerOptions.Load(folder, secret);
        BrokerFiles files = options.Files;
        if (!File.Exists(files.OperatorCertificate(operatorName)))
        {
            throw new RefusalException(Refusal.NotFound("OPERATOR_UNKNOWN", "There is no certificate of this operator in the broker's folder.", files.OperatorCertificate(operatorName), "Name another with --operator."));
        }

        AuthoritySet authorities = AuthoritySet.FromPem(File.ReadAllText(files.AuthorityCertificate));
        using SecretFolder secrets = options.OpenSecrets(RandomSource.System);
        byte[] key = secrets.Read(files.OperatorKey(operatorName))
            ?? throw new RefusalException(Refusal.NotFound("OPERATOR_UNKNOWN", "There is no key of this operator in the broker's folder.", files.OperatorKey(operatorName), "Name another with --operator."));
        using X509Certificate2 pem = X509Certificate2.CreateFromPem(File.ReadAllText(files.OperatorCertificate(operatorName)), System.Text.Encoding.ASCII.GetString(key));
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(key);
        // Through PKCS #12: a key straight from PEM is not accepted for TLS on every platform.
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        return new BrokerAccess(BrokerConnection.WithCertificate(AddressOf(options), options.Network, () => authorities, certificate), certificate);
    }

    /// <summary>As a node.</summary>
    public static BrokerAccess AsNode(string folder, TimeProvider time, SealingSecret? secret = null)
    {
        NodeDirectory directory = new(folder, secret);
        NodeSettings settings = directory.ReadSettings();
        AuthoritySet authorities = AuthoritySet.FromPem(File.ReadAllText(directory.AuthorityFile));
        if (File.Exists(directory.TrustedFile)) authorities = authorities.With(AuthoritySet.FromPem(File.ReadAllText(directory.TrustedFile)));
        NodeCertificate certificate = NodeCertificate.Load(directory);
        return new BrokerAccess(BrokerConnection.Authenticated(new Uri(settings.Broker), settings.Network, () => authorities, certificate, time), certificate);
    }

    /// <summary>As whoever the folder belongs to.</summary>
    public static BrokerAccess Of(string folder, FolderKind kind, string operatorName, TimeProvider time, SealingSecret? secret = null) =>
        kind == FolderKind.Broker ? AsOperator(folder, operatorName, secret) : AsNode(folder, time, secret);

    /// <summary>A failed call in the words of the command line.</summary>
    public static RefusalException Explain(RpcException fault) => new(fault.ToRefusal("broker"));

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        foreach (IDisposable certificate in _certificates) certificate.Dispose();
    }

    // The operator sits where the broker runs: its listening address works there even when the advertised name does not resolve.
    private static Uri AddressOf(BrokerOptions options)
    {
        IPEndPoint listen = IPEndPoint.Parse(options.Listen);
        if (listen.Port == 0) return new Uri(options.AdvertisedAddress);
        IPAddress address = listen.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : listen.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listen.Address;
        return new Uri($"https://{new IPEndPoint(address, listen.Port)}");
    }
}
